"""The chain of reads: who saw whose data, when, why; written before the answer is sent."""
