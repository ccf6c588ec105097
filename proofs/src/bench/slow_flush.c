/* Makes every flush of this program and its children take longer, as on a disk across a network. */

#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int linger(int outcome)
{
    const char *told = getenv("PROOFS_FLUSH_MICROS");
    long micros = told ? atol(told) : 0;
    struct timespec rest = {micros / 1000000, micros % 1000000 * 1000};
    int error = errno;
    while (nanosleep(&rest, &rest) != 0 && errno == EINTR) {
    }
    errno = error;
    return outcome;
}

int fsync(int file)
{
    return linger((int)syscall(SYS_fsync, file));
}

int fdatasync(int file)
{
    return linger((int)syscall(SYS_fdatasync, file));
}
