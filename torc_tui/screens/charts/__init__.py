"""What differs between runs, and plots: screens about what a workflow has done."""
