"""Keeps the known state of each table and decides the next orders.

discovery            polls source and target in the background -> observations
background_results   passes the results of that thread, or its error, to the enumerator's thread
observations         what was observed
table_planner        an observation of one table -> its next state and orders
stepping             when a table goes to its next step
suspension           how a suspended table goes on or is released
table_events         what users are told about suspended tables
planner              the state over all tables
gauge                a value shown as a Flink metric
"""
