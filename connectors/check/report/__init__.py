"""The report of the check job: the differences, the verdict, and a page for the people who decide on the
cut-over.

files, stored        report.jsonl, summary.json and report.html in a folder, or in a bucket
difference           a line of report.jsonl
summary              the numbers and the verdict
order, advice        which tables come first; what to do now
words, text, page    their wording; the terminal; the HTML page
examples, values     a few differences of each kind; DynamoDB JSON for people
confidence           what a random sample proves about all keys
"""
