"""The registry of models of risk: trained, kept, used, described, watched."""
