"""A JVM of this machine: found or started, from what an earlier one learnt, kept for the next run or shared."""
