"""The check job: is the target equal to the source, both ways, while both are in use?"""
