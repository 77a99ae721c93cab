"""Build the labs: one source becomes the solved notebook, the learner's, and the answers."""
