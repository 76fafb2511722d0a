"""The check job: is the target equal to the source, both ways, while both are in use?

Readers make fingerprints of both sides (fingerprints, sample, chosen). Lanes keep and join them (chunks,
table, join), read again what differs until it is proven (suspects, access, convergence), and repair it
(lane). The end collects what they report (report_collector) and writes it (report).
"""
