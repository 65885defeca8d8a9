CREATE TABLE access_group (
    id BIGSERIAL NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    description TEXT COLLATE "C",
    created_at TEXT COLLATE "C" NOT NULL,
    is_system BOOLEAN NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (name)
);

CREATE TABLE answered_request (
    key TEXT COLLATE "C" NOT NULL,
    fingerprint TEXT COLLATE "C" NOT NULL,
    answered_at BIGINT NOT NULL,
    reply BYTEA NOT NULL,
    PRIMARY KEY (key)
);

CREATE INDEX ix_answered_request_answered_at ON answered_request (answered_at);

CREATE TABLE workflow (
    id BIGSERIAL NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    "user" TEXT COLLATE "C" NOT NULL,
    description TEXT COLLATE "C",
    timestamp TEXT COLLATE "C" NOT NULL,
    project TEXT COLLATE "C",
    workflow_metadata TEXT COLLATE "C",
    compute_node_expiration_buffer_seconds BIGINT NOT NULL,
    compute_node_wait_for_new_jobs_seconds BIGINT NOT NULL,
    compute_node_ignore_workflow_completion BOOLEAN NOT NULL,
    compute_node_wait_for_healthy_database_minutes BIGINT NOT NULL,
    compute_node_min_time_for_new_jobs_seconds BIGINT NOT NULL,
    jobs_sort_method TEXT COLLATE "C" NOT NULL,
    resource_monitor_config TEXT COLLATE "C",
    slurm_defaults TEXT COLLATE "C",
    execution_config TEXT COLLATE "C",
    use_pending_failed BOOLEAN NOT NULL,
    env JSON,
    dynamic_jobs JSON,
    enable_ro_crate BOOLEAN NOT NULL,
    submission_directory TEXT COLLATE "C",
    run_id BIGINT NOT NULL,
    is_canceled BOOLEAN NOT NULL,
    is_archived BOOLEAN NOT NULL,
    has_detected_need_to_run_completion_script BOOLEAN NOT NULL,
    completion_recorded BOOLEAN NOT NULL,
    deletions BIGINT DEFAULT 0 NOT NULL,
    PRIMARY KEY (id)
);

CREATE TABLE user_group_membership (
    id BIGSERIAL NOT NULL,
    user_name TEXT COLLATE "C" NOT NULL,
    group_id BIGINT NOT NULL,
    role TEXT COLLATE "C" NOT NULL,
    created_at TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(group_id) REFERENCES access_group (id) ON DELETE CASCADE
);

CREATE INDEX ix_user_group_membership_group_id ON user_group_membership (group_id);

CREATE UNIQUE INDEX ux_membership ON user_group_membership (user_name, group_id);

CREATE TABLE workflow_access_group (
    workflow_id BIGINT NOT NULL,
    group_id BIGINT NOT NULL,
    created_at TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (workflow_id, group_id),
    FOREIGN KEY(workflow_id) REFERENCES workflow (id) ON DELETE CASCADE,
    FOREIGN KEY(group_id) REFERENCES access_group (id) ON DELETE CASCADE
);

CREATE INDEX ix_workflow_access_group_group_id ON workflow_access_group (group_id);

CREATE TABLE file (
    id BIGSERIAL NOT NULL,
    workflow_id BIGINT NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    path TEXT COLLATE "C" NOT NULL,
    st_mtime FLOAT,
    PRIMARY KEY (id),
    FOREIGN KEY(workflow_id) REFERENCES workflow (id) ON DELETE CASCADE
);

CREATE INDEX ix_file_workflow_id ON file (workflow_id);

CREATE TABLE user_data (
    id BIGSERIAL NOT NULL,
    workflow_id BIGINT NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    is_ephemeral BOOLEAN NOT NULL,
    data JSON,
    PRIMARY KEY (id),
    FOREIGN KEY(workflow_id) REFERENCES workflow (id) ON DELETE CASCADE
);

CREATE INDEX ix_user_data_workflow_id ON user_data (workflow_id);

CREATE TABLE compute_node (
    id BIGSERIAL NOT NULL,
    workflow_id BIGINT NOT NULL,
    hostname TEXT COLLATE "C" NOT NULL,
    pid BIGINT NOT NULL,
    start_time TEXT COLLATE "C" NOT NULL,
    duration_seconds FLOAT,
    is_active BOOLEAN,
    num_cpus BIGINT NOT NULL,
    memory_gb FLOAT NOT NULL,
    num_gpus BIGINT NOT NULL,
    num_nodes BIGINT NOT NULL,
    time_limit TEXT COLLATE "C",
    scheduler_config_id BIGINT,
    compute_node_type TEXT COLLATE "C" NOT NULL,
    scheduler JSON,
    last_seq BIGINT NOT NULL,
    last_seen_at BIGINT,
    suspect_at BIGINT,
    shutdown TEXT COLLATE "C",
    shutdown_reason TEXT COLLATE "C",
    peak_cpu_percent FLOAT,
    avg_cpu_percent FLOAT,
    peak_memory_bytes BIGINT,
    avg_memory_bytes BIGINT,
    sample_count BIGINT,
    PRIMARY KEY (id),
    FOREIGN KEY(workflow_id) REFERENCES workflow (id) ON DELETE CASCADE
);

CREATE INDEX ix_compute_node_workflow_id ON compute_node (workflow_id);

CREATE TABLE scheduled_compute_node (
    id BIGSERIAL NOT NULL,
    workflow_id BIGINT NOT NULL,
    request_key TEXT COLLATE "C",
    slurm_cluster TEXT COLLATE "C",
    scheduler_id BIGINT NOT NULL,
    scheduler_config_id BIGINT NOT NULL,
    scheduler_type TEXT COLLATE "C" NOT NULL,
    status TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(workflow_id) REFERENCES workflow (id) ON DELETE CASCADE
);

CREATE INDEX ix_scheduled_compute_node_workflow_id ON scheduled_compute_node (workflow_id);

CREATE UNIQUE INDEX ux_scheduled_compute_node_request ON scheduled_compute_node (workflow_id, request_key);

CREATE TABLE remote_worker (
    workflow_id BIGINT NOT NULL,
    worker TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (workflow_id, worker),
    FOREIGN KEY(workflow_id) REFERENCES workflow (id) ON DELETE CASCADE
);

CREATE TABLE event (
    id BIGSERIAL NOT NULL,
    workflow_id BIGINT NOT NULL,
    timestamp BIGINT NOT NULL,
    event_type TEXT COLLATE "C" NOT NULL,
    severity BIGINT NOT NULL,
    data JSON,
    PRIMARY KEY (id),
    FOREIGN KEY(workflow_id) REFERENCES workflow (id) ON DELETE CASCADE
);

CREATE INDEX ix_event_workflow ON event (workflow_id, id);

CREATE TABLE dependency_set (
    id BIGSERIAL NOT NULL,
    workflow_id BIGINT NOT NULL,
    fingerprint TEXT COLLATE "C" NOT NULL,
    remaining BIGINT NOT NULL,
    unsuccessful BIGINT NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(workflow_id) REFERENCES workflow (id) ON DELETE CASCADE
);

CREATE INDEX ix_dependency_set ON dependency_set (workflow_id, fingerprint);

CREATE TABLE job_group (
    id BIGSERIAL NOT NULL,
    workflow_id BIGINT NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(workflow_id) REFERENCES workflow (id) ON DELETE CASCADE
);

CREATE UNIQUE INDEX ux_job_group_name ON job_group (workflow_id, name);

CREATE TABLE recovery (
    id BIGSERIAL NOT NULL,
    workflow_id BIGINT NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    run_id BIGINT NOT NULL,
    number BIGINT NOT NULL,
    plan JSON,
    holder TEXT COLLATE "C" NOT NULL,
    held_until BIGINT NOT NULL,
    step TEXT COLLATE "C",
    started_at BIGINT NOT NULL,
    ended_at BIGINT,
    outcome TEXT COLLATE "C",
    message TEXT COLLATE "C",
    PRIMARY KEY (id),
    FOREIGN KEY(workflow_id) REFERENCES workflow (id) ON DELETE CASCADE
);

CREATE UNIQUE INDEX ux_recovery_unfinished ON recovery (workflow_id) WHERE ended_at IS NULL;

CREATE UNIQUE INDEX ux_recovery_number ON recovery (workflow_id, run_id, kind, number);

CREATE TABLE resource_requirements (
    id BIGSERIAL NOT NULL,
    workflow_id BIGINT NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    num_cpus BIGINT NOT NULL,
    num_gpus BIGINT NOT NULL,
    num_nodes BIGINT NOT NULL,
    memory TEXT COLLATE "C" NOT NULL,
    runtime TEXT COLLATE "C" NOT NULL,
    memory_bytes BIGINT NOT NULL,
    runtime_s BIGINT NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(workflow_id) REFERENCES workflow (id) ON DELETE CASCADE
);

CREATE INDEX ix_resource_requirements_workflow_id ON resource_requirements (workflow_id);

CREATE TABLE failure_handler (
    id BIGSERIAL NOT NULL,
    workflow_id BIGINT NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    rules TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(workflow_id) REFERENCES workflow (id) ON DELETE CASCADE
);

CREATE INDEX ix_failure_handler_workflow_id ON failure_handler (workflow_id);

CREATE TABLE local_scheduler (
    id BIGSERIAL NOT NULL,
    workflow_id BIGINT NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    memory TEXT COLLATE "C",
    num_cpus BIGINT,
    PRIMARY KEY (id),
    FOREIGN KEY(workflow_id) REFERENCES workflow (id) ON DELETE CASCADE
);

CREATE INDEX ix_local_scheduler_workflow_id ON local_scheduler (workflow_id);

CREATE TABLE slurm_scheduler (
    id BIGSERIAL NOT NULL,
    workflow_id BIGINT NOT NULL,
    name TEXT COLLATE "C",
    account TEXT COLLATE "C" NOT NULL,
    gres TEXT COLLATE "C",
    mem TEXT COLLATE "C",
    nodes BIGINT NOT NULL,
    ntasks_per_node BIGINT,
    partition TEXT COLLATE "C",
    qos TEXT COLLATE "C",
    tmp TEXT COLLATE "C",
    walltime TEXT COLLATE "C" NOT NULL,
    extra TEXT COLLATE "C",
    PRIMARY KEY (id),
    FOREIGN KEY(workflow_id) REFERENCES workflow (id) ON DELETE CASCADE
);

CREATE INDEX ix_slurm_scheduler_workflow_id ON slurm_scheduler (workflow_id);

CREATE TABLE task (
    id BIGSERIAL NOT NULL,
    workflow_id BIGINT NOT NULL,
    operation TEXT COLLATE "C" NOT NULL,
    status TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    started_at BIGINT,
    finished_at BIGINT,
    error TEXT COLLATE "C",
    PRIMARY KEY (id),
    FOREIGN KEY(workflow_id) REFERENCES workflow (id) ON DELETE CASCADE
);

CREATE INDEX ix_task_workflow_id ON task (workflow_id);

CREATE TABLE ro_crate_entity (
    id BIGSERIAL NOT NULL,
    workflow_id BIGINT NOT NULL,
    entity_id TEXT COLLATE "C" NOT NULL,
    entity_type TEXT COLLATE "C" NOT NULL,
    file_id BIGINT,
    entity_metadata JSON,
    PRIMARY KEY (id),
    FOREIGN KEY(workflow_id) REFERENCES workflow (id) ON DELETE CASCADE,
    FOREIGN KEY(file_id) REFERENCES file (id) ON DELETE SET NULL
);

CREATE INDEX ix_ro_crate_entity_file_id ON ro_crate_entity (file_id);

CREATE UNIQUE INDEX ux_ro_crate_entity ON ro_crate_entity (workflow_id, entity_id);

CREATE TABLE workflow_action (
    id BIGSERIAL NOT NULL,
    workflow_id BIGINT NOT NULL,
    trigger_type TEXT COLLATE "C" NOT NULL,
    action_type TEXT COLLATE "C" NOT NULL,
    action_config JSON,
    trigger_count BIGINT NOT NULL,
    required_triggers BIGINT NOT NULL,
    executed BOOLEAN NOT NULL,
    executed_at TEXT COLLATE "C",
    executed_by BIGINT,
    persistent BOOLEAN NOT NULL,
    is_recovery BOOLEAN NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(workflow_id) REFERENCES workflow (id) ON DELETE CASCADE,
    FOREIGN KEY(executed_by) REFERENCES compute_node (id) ON DELETE SET NULL
);

CREATE INDEX ix_workflow_action_workflow_id ON workflow_action (workflow_id);

CREATE INDEX ix_workflow_action_executed_by ON workflow_action (executed_by);

CREATE TABLE job (
    id BIGSERIAL NOT NULL,
    workflow_id BIGINT NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    command TEXT COLLATE "C" NOT NULL,
    invocation_script TEXT COLLATE "C",
    status BIGINT NOT NULL,
    cancel_on_blocking_job_failure BOOLEAN NOT NULL,
    supports_termination BOOLEAN NOT NULL,
    resource_requirements_id BIGINT NOT NULL,
    scheduler_id BIGINT,
    failure_handler_id BIGINT,
    on_lost TEXT COLLATE "C",
    priority BIGINT NOT NULL,
    attempt_id BIGINT NOT NULL,
    token BIGINT NOT NULL,
    compute_node_id BIGINT,
    dependency_set_id BIGINT,
    group_id BIGINT NOT NULL,
    input_hash TEXT COLLATE "C",
    schedule_compute_nodes JSON,
    env JSON,
    origin TEXT COLLATE "C",
    started_at BIGINT,
    interrupted BOOLEAN DEFAULT false NOT NULL,
    uncounted_attempts BIGINT DEFAULT 0 NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(workflow_id) REFERENCES workflow (id) ON DELETE CASCADE,
    FOREIGN KEY(resource_requirements_id) REFERENCES resource_requirements (id) ON DELETE CASCADE,
    FOREIGN KEY(failure_handler_id) REFERENCES failure_handler (id) ON DELETE SET NULL,
    FOREIGN KEY(compute_node_id) REFERENCES compute_node (id) ON DELETE SET NULL,
    FOREIGN KEY(dependency_set_id) REFERENCES dependency_set (id) ON DELETE SET NULL
);

CREATE INDEX ix_job_name ON job (workflow_id, name);

CREATE INDEX ix_job_failure_handler ON job (failure_handler_id) WHERE failure_handler_id IS NOT NULL;

CREATE INDEX ix_job_resource_requirements_id ON job (resource_requirements_id);

CREATE INDEX ix_job_compute_node_id ON job (compute_node_id);

CREATE INDEX ix_job_dependency_set_id ON job (dependency_set_id, group_id);

CREATE INDEX ix_job_claim ON job (workflow_id, status, resource_requirements_id, scheduler_id, priority DESC, id, group_id);

CREATE INDEX ix_job_group ON job (group_id);

CREATE INDEX ix_job_workflow ON job (workflow_id, id);

CREATE TABLE workflow_run (
    id BIGSERIAL NOT NULL,
    workflow_id BIGINT NOT NULL,
    run_id BIGINT NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    status TEXT COLLATE "C" NOT NULL,
    "user" TEXT COLLATE "C" NOT NULL,
    host TEXT COLLATE "C",
    boot_id TEXT COLLATE "C",
    pid BIGINT,
    pid_start BIGINT,
    pid_namespace BIGINT,
    compute_node_id BIGINT,
    request_key TEXT COLLATE "C",
    created_at BIGINT NOT NULL,
    heartbeat_at BIGINT NOT NULL,
    heartbeat_interval FLOAT NOT NULL,
    report_by_buffer FLOAT NOT NULL,
    ended_at BIGINT,
    exit_code BIGINT,
    reason TEXT COLLATE "C",
    PRIMARY KEY (id),
    FOREIGN KEY(workflow_id) REFERENCES workflow (id) ON DELETE CASCADE,
    FOREIGN KEY(compute_node_id) REFERENCES compute_node (id) ON DELETE SET NULL
);

CREATE INDEX ix_workflow_run_compute_node_id ON workflow_run (compute_node_id);

CREATE UNIQUE INDEX ux_workflow_run_request ON workflow_run (workflow_id, request_key);

CREATE UNIQUE INDEX ux_workflow_run_resuming ON workflow_run (workflow_id) WHERE status = 'resuming';

CREATE TABLE job_input_file (
    job_id BIGINT NOT NULL,
    file_id BIGINT NOT NULL,
    PRIMARY KEY (job_id, file_id),
    FOREIGN KEY(job_id) REFERENCES job (id) ON DELETE CASCADE,
    FOREIGN KEY(file_id) REFERENCES file (id) ON DELETE CASCADE
);

CREATE INDEX ix_job_input_file_file_id ON job_input_file (file_id);

CREATE TABLE job_output_file (
    job_id BIGINT NOT NULL,
    file_id BIGINT NOT NULL,
    PRIMARY KEY (job_id, file_id),
    FOREIGN KEY(job_id) REFERENCES job (id) ON DELETE CASCADE,
    FOREIGN KEY(file_id) REFERENCES file (id) ON DELETE CASCADE
);

CREATE INDEX ix_job_output_file_file_id ON job_output_file (file_id);

CREATE TABLE job_input_user_data (
    job_id BIGINT NOT NULL,
    user_data_id BIGINT NOT NULL,
    PRIMARY KEY (job_id, user_data_id),
    FOREIGN KEY(job_id) REFERENCES job (id) ON DELETE CASCADE,
    FOREIGN KEY(user_data_id) REFERENCES user_data (id) ON DELETE CASCADE
);

CREATE INDEX ix_job_input_user_data_user_data_id ON job_input_user_data (user_data_id);

CREATE TABLE job_output_user_data (
    job_id BIGINT NOT NULL,
    user_data_id BIGINT NOT NULL,
    PRIMARY KEY (job_id, user_data_id),
    FOREIGN KEY(job_id) REFERENCES job (id) ON DELETE CASCADE,
    FOREIGN KEY(user_data_id) REFERENCES user_data (id) ON DELETE CASCADE
);

CREATE INDEX ix_job_output_user_data_user_data_id ON job_output_user_data (user_data_id);

CREATE TABLE action_execution (
    action_id BIGINT NOT NULL,
    compute_node_id BIGINT NOT NULL,
    started_at BIGINT NOT NULL,
    ended_at BIGINT,
    return_code BIGINT,
    PRIMARY KEY (action_id, compute_node_id),
    FOREIGN KEY(action_id) REFERENCES workflow_action (id) ON DELETE CASCADE,
    FOREIGN KEY(compute_node_id) REFERENCES compute_node (id) ON DELETE CASCADE
);

CREATE INDEX ix_action_execution_compute_node_id ON action_execution (compute_node_id);

CREATE TABLE workflow_action_job (
    action_id BIGINT NOT NULL,
    job_id BIGINT NOT NULL,
    PRIMARY KEY (action_id, job_id),
    FOREIGN KEY(action_id) REFERENCES workflow_action (id) ON DELETE CASCADE,
    FOREIGN KEY(job_id) REFERENCES job (id) ON DELETE CASCADE
);

CREATE INDEX ix_workflow_action_job_job_id ON workflow_action_job (job_id);

CREATE TABLE dependency_set_member (
    set_id BIGINT NOT NULL,
    job_id BIGINT NOT NULL,
    PRIMARY KEY (set_id, job_id),
    FOREIGN KEY(set_id) REFERENCES dependency_set (id) ON DELETE CASCADE,
    FOREIGN KEY(job_id) REFERENCES job (id) ON DELETE CASCADE
);

CREATE INDEX ix_dependency_set_member_job_id ON dependency_set_member (job_id);

CREATE TABLE attempt (
    id BIGSERIAL NOT NULL,
    job_id BIGINT NOT NULL,
    workflow_id BIGINT NOT NULL,
    run_id BIGINT NOT NULL,
    attempt_id BIGINT NOT NULL,
    token BIGINT NOT NULL,
    compute_node_id BIGINT,
    claim_seq BIGINT,
    claimed_at BIGINT NOT NULL,
    started_at BIGINT,
    ended_at BIGINT,
    outcome VARCHAR,
    PRIMARY KEY (id),
    FOREIGN KEY(job_id) REFERENCES job (id) ON DELETE CASCADE,
    FOREIGN KEY(workflow_id) REFERENCES workflow (id) ON DELETE CASCADE
);

CREATE UNIQUE INDEX ux_attempt_token ON attempt (job_id, token);

CREATE INDEX ix_attempt_open ON attempt (compute_node_id, claim_seq) WHERE ended_at IS NULL;

CREATE INDEX ix_attempt_workflow_id ON attempt (workflow_id);

CREATE TABLE result (
    id BIGSERIAL NOT NULL,
    workflow_id BIGINT NOT NULL,
    job_id BIGINT NOT NULL,
    run_id BIGINT NOT NULL,
    attempt_id BIGINT NOT NULL,
    compute_node_id BIGINT NOT NULL,
    return_code BIGINT NOT NULL,
    exec_time_minutes FLOAT NOT NULL,
    completion_time TEXT COLLATE "C" NOT NULL,
    status BIGINT NOT NULL,
    peak_memory_bytes BIGINT,
    avg_memory_bytes BIGINT,
    peak_cpu_percent FLOAT,
    avg_cpu_percent FLOAT,
    PRIMARY KEY (id),
    FOREIGN KEY(workflow_id) REFERENCES workflow (id) ON DELETE CASCADE,
    FOREIGN KEY(job_id) REFERENCES job (id) ON DELETE CASCADE,
    FOREIGN KEY(compute_node_id) REFERENCES compute_node (id) ON DELETE CASCADE
);

CREATE INDEX ix_result_compute_node_id ON result (compute_node_id);

CREATE INDEX ix_result_workflow_id ON result (workflow_id);

CREATE UNIQUE INDEX ux_result_attempt ON result (job_id, run_id, attempt_id);

CREATE TABLE slurm_stats (
    id BIGSERIAL NOT NULL,
    workflow_id BIGINT NOT NULL,
    job_id BIGINT NOT NULL,
    run_id BIGINT NOT NULL,
    attempt_id BIGINT NOT NULL,
    slurm_job_id TEXT COLLATE "C",
    max_rss_bytes BIGINT,
    max_vm_size_bytes BIGINT,
    max_disk_read_bytes BIGINT,
    max_disk_write_bytes BIGINT,
    ave_cpu_seconds FLOAT,
    node_list TEXT COLLATE "C",
    PRIMARY KEY (id),
    FOREIGN KEY(workflow_id) REFERENCES workflow (id) ON DELETE CASCADE,
    FOREIGN KEY(job_id) REFERENCES job (id) ON DELETE CASCADE
);

CREATE INDEX ix_slurm_stats_workflow_id ON slurm_stats (workflow_id);

CREATE UNIQUE INDEX ux_slurm_stats_attempt ON slurm_stats (job_id, run_id, attempt_id);

CREATE TABLE workflow_result (
    workflow_id BIGINT NOT NULL,
    job_id BIGINT NOT NULL,
    result_id BIGINT NOT NULL,
    PRIMARY KEY (job_id),
    FOREIGN KEY(workflow_id) REFERENCES workflow (id) ON DELETE CASCADE,
    FOREIGN KEY(job_id) REFERENCES job (id) ON DELETE CASCADE,
    FOREIGN KEY(result_id) REFERENCES result (id) ON DELETE CASCADE
);

CREATE INDEX ix_workflow_result_result_id ON workflow_result (result_id);

CREATE INDEX ix_workflow_result_workflow_id ON workflow_result (workflow_id);
