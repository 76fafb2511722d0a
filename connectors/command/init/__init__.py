"""`polarshake init`: a commented application.yaml, from answers or from a nimo-shake.conf.

command               the options, and the questions at a terminal
questions             the settings that most users must choose
values                values by dotted path -> settings, with the checks of the jobs
nimoshake             the counterpart of each key of a nimo-shake.conf
conversion, outcome   such a file -> values, with the outcome of each of its keys
show, file            what is printed; what is written
"""
