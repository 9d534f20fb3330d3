// Copies between a virtio port and /dev/vhci: a controller that lives on the host becomes this machine's.
// H4 packets are cut from the port's byte stream, because the driver takes exactly one packet a write.
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static unsigned char stream[65536];
static size_t held;

// Length of the packet at the start of the stream; 0 = not all of its head is there, -1 = nonsense.
static long packet_length(void) {
    if (held < 1) return 0;
    switch (stream[0]) {
    case 0x02: return held < 5 ? 0 : 5 + (stream[3] | stream[4] << 8);
    case 0x03: return held < 4 ? 0 : 4 + stream[3];
    case 0x04: return held < 3 ? 0 : 3 + stream[2];
    case 0x05: return held < 5 ? 0 : 5 + ((stream[3] | stream[4] << 8) & 0x3fff);
    default: return -1;
    }
}

static int write_all(int file, const unsigned char *bytes, size_t length) {
    while (length > 0) {
        ssize_t written = write(file, bytes, length);
        if (written <= 0) return -1;
        bytes += written;
        length -= (size_t)written;
    }
    return 0;
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: hci-bridge PORT\n");
        return 2;
    }
    int port = open(argv[1], O_RDWR);
    int vhci = open("/dev/vhci", O_RDWR);
    if (port < 0 || vhci < 0) {
        perror("hci-bridge");
        return 1;
    }
    // Type 0xff with opcode 0: a primary controller.
    const unsigned char create[2] = {0xff, 0x00};
    if (write(vhci, create, sizeof create) != sizeof create) {
        perror("hci-bridge: vhci");
        return 1;
    }
    struct pollfd files[2] = {{.fd = port, .events = POLLIN}, {.fd = vhci, .events = POLLIN}};
    for (;;) {
        if (poll(files, 2, -1) < 0) return 1;
        if (files[1].revents & POLLIN) {
            unsigned char packet[4096];
            ssize_t length = read(vhci, packet, sizeof packet);
            if (length <= 0) return 1;
            // The driver's own answer to the creation is not for the controller.
            if (packet[0] != 0xff && write_all(port, packet, (size_t)length) < 0) return 1;
        }
        if (files[0].revents & POLLIN) {
            ssize_t length = read(port, stream + held, sizeof stream - held);
            if (length <= 0) return 1;
            held += (size_t)length;
            for (long packet; (packet = packet_length()) != 0;) {
                if (packet < 0) {
                    fprintf(stderr, "hci-bridge: not a packet\n");
                    return 1;
                }
                if ((size_t)packet > held) break;
                if (write(vhci, stream, (size_t)packet) != packet) perror("hci-bridge: vhci write");
                held -= (size_t)packet;
                memmove(stream, stream + packet, held);
            }
        }
        if ((files[0].revents & (POLLHUP | POLLERR)) && !(files[0].revents & POLLIN)) usleep(10000);
    }
}
