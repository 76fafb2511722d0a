"""`polarshake slot`: creates and drops the publication and the slot of the reverse job."""
