"""The judge: each case is run for real, and the audit's finding has to agree with what happened on the wire.

cases     the table: a file for each client; a new case is a few lines of data
table     reads it
trial     runs the cases: one user a case, one host for all cases that share a system configuration
"""
