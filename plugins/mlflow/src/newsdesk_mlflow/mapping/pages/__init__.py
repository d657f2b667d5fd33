"""What MLflow's own pages show of a machine besides its numbers: definition, dataset, note, picture."""
