/*
 * Random numbers for SQLCipher's generator: the system's, or none. libtomcrypt's own version of this function falls back to the
 * jitter of a clock when it can't open the system's device, and says nothing; here nothing comes, and the database does not open.
 */
#include <stdio.h>
#include <tomcrypt.h>

unsigned long rng_get_bytes(unsigned char *out, unsigned long outlen, void (*callback)(void))
{
    FILE *device = fopen("/dev/urandom", "rb");
    unsigned long got = 0;
    LTC_UNUSED_PARAM(callback);
    if (device == NULL) {
        return 0;
    }
    /* No more is taken than is asked for, and none is left in a buffer. */
    if (setvbuf(device, NULL, _IONBF, 0) == 0) {
        got = (unsigned long)fread(out, 1, (size_t)outlen, device);
    }
    fclose(device);
    return got == outlen ? got : 0;
}
