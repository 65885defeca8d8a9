/* Runs COUNT times a program with two output files of its own, SLOTS at a time, as cheaply as C can.

   vfork_loop COUNT SLOTS DIRECTORY PROGRAM [ARGUMENT...]

   Each child has a session of its own; of its end the status is all that is asked. */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void start(const char *directory, long number, char **argv) {
    char out[4096], err[4096];
    snprintf(out, sizeof out, "%s/%ld.o", directory, number);
    snprintf(err, sizeof err, "%s/%ld.e", directory, number);
    pid_t pid = vfork();
    if (pid < 0) {
        perror("vfork");
        exit(1);
    }
    if (pid > 0) return;
    setsid();
    int out_fd = open(out, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    int err_fd = open(err, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (out_fd < 0 || err_fd < 0 || dup2(out_fd, 1) < 0 || dup2(err_fd, 2) < 0) _exit(126);
    execv(argv[0], argv);
    _exit(127);
}

int main(int argc, char **argv) {
    if (argc < 5) return 2;
    long count = atol(argv[1]), slots = atol(argv[2]), running = 0;
    for (long number = 0; number < count || running > 0;) {
        if (number < count && running < slots) {
            start(argv[3], number++, argv + 4);
            running++;
            continue;
        }
        int status;
        if (waitpid(-1, &status, 0) < 0 || status != 0) return 1;
        running--;
    }
    return 0;
}
