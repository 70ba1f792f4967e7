"""Many scenarios, in parallel, resumable."""
