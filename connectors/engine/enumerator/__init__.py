"""Keeps the known state of each table and decides the next orders.

discovery            polls source and target in the background -> observations
background_results   passes the results of that thread, or its error, to the enumerator's thread
observations         what was observed
table_planner        an observation of one table -> its next state and orders
stepping             when a table goes to its next step
suspension           how a suspended table goes on or is released, as the settings choose
table_events         what users are told about suspended tables
job_events           the events of a change of a table's state
planner              the state over all tables; planner_gauges: what it shows of them
commands             what a command of an operator does to tables; throttling: to rates
command_queue        which commands are followed when; command_watch: looks for them in the background
starting             how the first steps wait for what they need
gauge                a value shown as a Flink metric
"""
