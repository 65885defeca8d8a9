CREATE TABLE access_group (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	name TEXT NOT NULL, 
	description TEXT, 
	created_at TEXT NOT NULL, 
	is_system BOOLEAN NOT NULL, 
	UNIQUE (name)
);

CREATE TABLE workflow (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	name TEXT NOT NULL, 
	user TEXT NOT NULL, 
	description TEXT, 
	timestamp TEXT NOT NULL, 
	project TEXT, 
	workflow_metadata TEXT, 
	compute_node_expiration_buffer_seconds INTEGER NOT NULL, 
	compute_node_wait_for_new_jobs_seconds INTEGER NOT NULL, 
	compute_node_ignore_workflow_completion BOOLEAN NOT NULL, 
	compute_node_wait_for_healthy_database_minutes INTEGER NOT NULL, 
	compute_node_min_time_for_new_jobs_seconds INTEGER NOT NULL, 
	jobs_sort_method TEXT NOT NULL, 
	resource_monitor_config TEXT, 
	slurm_defaults TEXT, 
	use_pending_failed BOOLEAN NOT NULL, 
	run_id INTEGER NOT NULL, 
	is_canceled BOOLEAN NOT NULL, 
	is_archived BOOLEAN NOT NULL, 
	has_detected_need_to_run_completion_script BOOLEAN NOT NULL, 
	completion_recorded BOOLEAN NOT NULL
);

CREATE TABLE user_group_membership (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	user_name TEXT NOT NULL, 
	group_id INTEGER NOT NULL, 
	role TEXT NOT NULL, 
	created_at TEXT NOT NULL, 
	FOREIGN KEY(group_id) REFERENCES access_group (id) ON DELETE CASCADE
);

CREATE UNIQUE INDEX ux_membership ON user_group_membership (user_name, group_id);

CREATE INDEX ix_user_group_membership_group_id ON user_group_membership (group_id);

CREATE TABLE workflow_access_group (
	workflow_id INTEGER NOT NULL, 
	group_id INTEGER NOT NULL, 
	created_at TEXT NOT NULL, 
	PRIMARY KEY (workflow_id, group_id), 
	FOREIGN KEY(workflow_id) REFERENCES workflow (id) ON DELETE CASCADE, 
	FOREIGN KEY(group_id) REFERENCES access_group (id) ON DELETE CASCADE
);

CREATE INDEX ix_workflow_access_group_group_id ON workflow_access_group (group_id);

CREATE TABLE file (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	workflow_id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	path TEXT NOT NULL, 
	st_mtime FLOAT, 
	FOREIGN KEY(workflow_id) REFERENCES workflow (id) ON DELETE CASCADE
);

CREATE INDEX ix_file_workflow_id ON file (workflow_id);

CREATE TABLE user_data (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	workflow_id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	is_ephemeral BOOLEAN NOT NULL, 
	data JSON, 
	FOREIGN KEY(workflow_id) REFERENCES workflow (id) ON DELETE CASCADE
);

CREATE INDEX ix_user_data_workflow_id ON user_data (workflow_id);

CREATE TABLE compute_node (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	workflow_id INTEGER NOT NULL, 
	hostname TEXT NOT NULL, 
	pid INTEGER NOT NULL, 
	start_time TEXT NOT NULL, 
	duration_seconds FLOAT, 
	is_active BOOLEAN, 
	num_cpus INTEGER NOT NULL, 
	memory_gb FLOAT NOT NULL, 
	num_gpus INTEGER NOT NULL, 
	num_nodes INTEGER NOT NULL, 
	time_limit TEXT, 
	scheduler_config_id INTEGER, 
	compute_node_type TEXT NOT NULL, 
	scheduler JSON, 
	last_seq INTEGER NOT NULL, 
	last_seen_at INTEGER, 
	FOREIGN KEY(workflow_id) REFERENCES workflow (id) ON DELETE CASCADE
);

CREATE INDEX ix_compute_node_workflow_id ON compute_node (workflow_id);

CREATE TABLE scheduled_compute_node (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	workflow_id INTEGER NOT NULL, 
	scheduler_id INTEGER NOT NULL, 
	scheduler_config_id INTEGER NOT NULL, 
	scheduler_type TEXT NOT NULL, 
	status TEXT NOT NULL, 
	FOREIGN KEY(workflow_id) REFERENCES workflow (id) ON DELETE CASCADE
);

CREATE INDEX ix_scheduled_compute_node_workflow_id ON scheduled_compute_node (workflow_id);

CREATE TABLE remote_worker (
	workflow_id INTEGER NOT NULL, 
	worker TEXT NOT NULL, 
	PRIMARY KEY (workflow_id, worker), 
	FOREIGN KEY(workflow_id) REFERENCES workflow (id) ON DELETE CASCADE
);

CREATE TABLE event (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	workflow_id INTEGER NOT NULL, 
	timestamp INTEGER NOT NULL, 
	event_type TEXT NOT NULL, 
	severity INTEGER NOT NULL, 
	data JSON, 
	FOREIGN KEY(workflow_id) REFERENCES workflow (id) ON DELETE CASCADE
);

CREATE INDEX ix_event_workflow ON event (workflow_id, id);

CREATE TABLE dependency_set (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	workflow_id INTEGER NOT NULL, 
	fingerprint TEXT NOT NULL, 
	remaining INTEGER NOT NULL, 
	unsuccessful INTEGER NOT NULL, 
	FOREIGN KEY(workflow_id) REFERENCES workflow (id) ON DELETE CASCADE
);

CREATE INDEX ix_dependency_set ON dependency_set (workflow_id, fingerprint);

CREATE TABLE resource_requirements (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	workflow_id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	num_cpus INTEGER NOT NULL, 
	num_gpus INTEGER NOT NULL, 
	num_nodes INTEGER NOT NULL, 
	memory TEXT NOT NULL, 
	runtime TEXT NOT NULL, 
	memory_bytes INTEGER NOT NULL, 
	runtime_s INTEGER NOT NULL, 
	FOREIGN KEY(workflow_id) REFERENCES workflow (id) ON DELETE CASCADE
);

CREATE INDEX ix_resource_requirements_workflow_id ON resource_requirements (workflow_id);

CREATE TABLE failure_handler (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	workflow_id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	rules TEXT NOT NULL, 
	FOREIGN KEY(workflow_id) REFERENCES workflow (id) ON DELETE CASCADE
);

CREATE INDEX ix_failure_handler_workflow_id ON failure_handler (workflow_id);

CREATE TABLE local_scheduler (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	workflow_id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	memory TEXT, 
	num_cpus INTEGER, 
	FOREIGN KEY(workflow_id) REFERENCES workflow (id) ON DELETE CASCADE
);

CREATE INDEX ix_local_scheduler_workflow_id ON local_scheduler (workflow_id);

CREATE TABLE slurm_scheduler (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	workflow_id INTEGER NOT NULL, 
	name TEXT, 
	account TEXT NOT NULL, 
	gres TEXT, 
	mem TEXT, 
	nodes INTEGER NOT NULL, 
	ntasks_per_node INTEGER, 
	partition TEXT, 
	qos TEXT, 
	tmp TEXT, 
	walltime TEXT NOT NULL, 
	extra TEXT, 
	FOREIGN KEY(workflow_id) REFERENCES workflow (id) ON DELETE CASCADE
);

CREATE INDEX ix_slurm_scheduler_workflow_id ON slurm_scheduler (workflow_id);

CREATE TABLE workflow_action (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	workflow_id INTEGER NOT NULL, 
	trigger_type TEXT NOT NULL, 
	action_type TEXT NOT NULL, 
	action_config JSON, 
	trigger_count INTEGER NOT NULL, 
	required_triggers INTEGER NOT NULL, 
	executed BOOLEAN NOT NULL, 
	executed_at TEXT, 
	executed_by INTEGER, 
	persistent BOOLEAN NOT NULL, 
	is_recovery BOOLEAN NOT NULL, 
	FOREIGN KEY(workflow_id) REFERENCES workflow (id) ON DELETE CASCADE, 
	FOREIGN KEY(executed_by) REFERENCES compute_node (id) ON DELETE SET NULL
);

CREATE INDEX ix_workflow_action_workflow_id ON workflow_action (workflow_id);

CREATE TABLE job (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	workflow_id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	command TEXT NOT NULL, 
	invocation_script TEXT, 
	status INTEGER NOT NULL, 
	cancel_on_blocking_job_failure BOOLEAN NOT NULL, 
	supports_termination BOOLEAN NOT NULL, 
	resource_requirements_id INTEGER NOT NULL, 
	scheduler_id INTEGER, 
	failure_handler_id INTEGER, 
	priority INTEGER NOT NULL, 
	attempt_id INTEGER NOT NULL, 
	token INTEGER NOT NULL, 
	compute_node_id INTEGER, 
	dependency_set_id INTEGER, 
	input_hash TEXT, 
	schedule_compute_nodes JSON, 
	FOREIGN KEY(workflow_id) REFERENCES workflow (id) ON DELETE CASCADE, 
	FOREIGN KEY(resource_requirements_id) REFERENCES resource_requirements (id) ON DELETE CASCADE, 
	FOREIGN KEY(failure_handler_id) REFERENCES failure_handler (id) ON DELETE SET NULL, 
	FOREIGN KEY(compute_node_id) REFERENCES compute_node (id) ON DELETE SET NULL, 
	FOREIGN KEY(dependency_set_id) REFERENCES dependency_set (id) ON DELETE SET NULL
);

CREATE INDEX ix_job_dependency_set_id ON job (dependency_set_id);

CREATE INDEX ix_job_name ON job (workflow_id, name);

CREATE INDEX ix_job_workflow ON job (workflow_id, id);

CREATE INDEX ix_job_compute_node_id ON job (compute_node_id);

CREATE INDEX ix_job_claim ON job (workflow_id, status, resource_requirements_id, scheduler_id, priority DESC);

CREATE INDEX ix_job_resource_requirements_id ON job (resource_requirements_id);

CREATE TABLE job_input_file (
	job_id INTEGER NOT NULL, 
	file_id INTEGER NOT NULL, 
	PRIMARY KEY (job_id, file_id), 
	FOREIGN KEY(job_id) REFERENCES job (id) ON DELETE CASCADE, 
	FOREIGN KEY(file_id) REFERENCES file (id) ON DELETE CASCADE
);

CREATE INDEX ix_job_input_file_file_id ON job_input_file (file_id);

CREATE TABLE job_output_file (
	job_id INTEGER NOT NULL, 
	file_id INTEGER NOT NULL, 
	PRIMARY KEY (job_id, file_id), 
	FOREIGN KEY(job_id) REFERENCES job (id) ON DELETE CASCADE, 
	FOREIGN KEY(file_id) REFERENCES file (id) ON DELETE CASCADE
);

CREATE INDEX ix_job_output_file_file_id ON job_output_file (file_id);

CREATE TABLE job_input_user_data (
	job_id INTEGER NOT NULL, 
	user_data_id INTEGER NOT NULL, 
	PRIMARY KEY (job_id, user_data_id), 
	FOREIGN KEY(job_id) REFERENCES job (id) ON DELETE CASCADE, 
	FOREIGN KEY(user_data_id) REFERENCES user_data (id) ON DELETE CASCADE
);

CREATE INDEX ix_job_input_user_data_user_data_id ON job_input_user_data (user_data_id);

CREATE TABLE job_output_user_data (
	job_id INTEGER NOT NULL, 
	user_data_id INTEGER NOT NULL, 
	PRIMARY KEY (job_id, user_data_id), 
	FOREIGN KEY(job_id) REFERENCES job (id) ON DELETE CASCADE, 
	FOREIGN KEY(user_data_id) REFERENCES user_data (id) ON DELETE CASCADE
);

CREATE INDEX ix_job_output_user_data_user_data_id ON job_output_user_data (user_data_id);

CREATE TABLE workflow_action_job (
	action_id INTEGER NOT NULL, 
	job_id INTEGER NOT NULL, 
	PRIMARY KEY (action_id, job_id), 
	FOREIGN KEY(action_id) REFERENCES workflow_action (id) ON DELETE CASCADE, 
	FOREIGN KEY(job_id) REFERENCES job (id) ON DELETE CASCADE
);

CREATE INDEX ix_workflow_action_job_job_id ON workflow_action_job (job_id);

CREATE TABLE dependency_set_member (
	set_id INTEGER NOT NULL, 
	job_id INTEGER NOT NULL, 
	PRIMARY KEY (set_id, job_id), 
	FOREIGN KEY(set_id) REFERENCES dependency_set (id) ON DELETE CASCADE, 
	FOREIGN KEY(job_id) REFERENCES job (id) ON DELETE CASCADE
);

CREATE INDEX ix_dependency_set_member_job_id ON dependency_set_member (job_id);

CREATE TABLE attempt (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	job_id INTEGER NOT NULL, 
	workflow_id INTEGER NOT NULL, 
	run_id INTEGER NOT NULL, 
	attempt_id INTEGER NOT NULL, 
	token INTEGER NOT NULL, 
	compute_node_id INTEGER, 
	claim_seq INTEGER, 
	claimed_at INTEGER NOT NULL, 
	started_at INTEGER, 
	ended_at INTEGER, 
	outcome VARCHAR, 
	FOREIGN KEY(job_id) REFERENCES job (id) ON DELETE CASCADE, 
	FOREIGN KEY(workflow_id) REFERENCES workflow (id) ON DELETE CASCADE
);

CREATE INDEX ix_attempt_workflow_id ON attempt (workflow_id);

CREATE INDEX ix_attempt_open ON attempt (compute_node_id, claim_seq) WHERE ended_at IS NULL;

CREATE UNIQUE INDEX ux_attempt_token ON attempt (job_id, token);

CREATE TABLE result (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	workflow_id INTEGER NOT NULL, 
	job_id INTEGER NOT NULL, 
	run_id INTEGER NOT NULL, 
	attempt_id INTEGER NOT NULL, 
	compute_node_id INTEGER NOT NULL, 
	return_code INTEGER NOT NULL, 
	exec_time_minutes FLOAT NOT NULL, 
	completion_time TEXT NOT NULL, 
	status INTEGER NOT NULL, 
	peak_memory_bytes INTEGER, 
	avg_memory_bytes INTEGER, 
	peak_cpu_percent FLOAT, 
	avg_cpu_percent FLOAT, 
	FOREIGN KEY(workflow_id) REFERENCES workflow (id) ON DELETE CASCADE, 
	FOREIGN KEY(job_id) REFERENCES job (id) ON DELETE CASCADE, 
	FOREIGN KEY(compute_node_id) REFERENCES compute_node (id) ON DELETE CASCADE
);

CREATE INDEX ix_result_workflow_id ON result (workflow_id);

CREATE UNIQUE INDEX ux_result_attempt ON result (job_id, run_id, attempt_id);

CREATE INDEX ix_result_compute_node_id ON result (compute_node_id);

CREATE TABLE workflow_result (
	workflow_id INTEGER NOT NULL, 
	job_id INTEGER NOT NULL, 
	result_id INTEGER NOT NULL, 
	PRIMARY KEY (job_id), 
	FOREIGN KEY(workflow_id) REFERENCES workflow (id) ON DELETE CASCADE, 
	FOREIGN KEY(job_id) REFERENCES job (id) ON DELETE CASCADE, 
	FOREIGN KEY(result_id) REFERENCES result (id) ON DELETE CASCADE
);

CREATE INDEX ix_workflow_result_workflow_id ON workflow_result (workflow_id);

CREATE INDEX ix_workflow_result_result_id ON workflow_result (result_id);
