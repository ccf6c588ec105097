"""Trains one model as a job file asks, and says on standard output how far it is."""
