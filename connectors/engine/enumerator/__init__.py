"""Keeps the known state of each table and decides the next orders.

discovery            polls source and target in the background -> observations
table_planner        an observation of one table -> its next state and orders
planner              the state over all tables
"""
