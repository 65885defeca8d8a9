"""From "it failed" to "it runs again": failures, why a job is where it is, editing, reruns."""
