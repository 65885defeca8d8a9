"""From "it failed" to "it runs again": failures by signature, why a job is where it is, reruns."""
