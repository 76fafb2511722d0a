"""The check job: is the target equal to the source, both ways, while both are in use?

Readers make fingerprints of both sides (fingerprints, sample, chosen). Lanes keep and join them (chunks,
table, join), read again what differs until it is proven (suspects, access, questions, convergence), and
repair it (lane). The end collects what they report (notices, report_collector) and writes it (report).

validate, options     before the job is submitted; the job's own options
components, opener    create its parts on the workers; open its splits
discovery, sides      the tables that are compared; what the report calls the two databases
finding, equal        the result of reading one key on both sides; the exact comparison of two items
background_tasks      the lane's threads, which wait for the network
changes               a check of the keys that have changed since another check, without Flink
flink, exit           the operators; the verdict on the terminal and the exit code
"""
