"""Decides for each table what is known of it and what to order next.

discovery            looks at source and target in the background -> observations
table_planner        an observation of one table -> its next state, and orders
planner              the state over all tables
"""
