// The door into zxing-cpp: grey pixels in, the bytes of QR codes out, with try/catch.
#ifndef MOTCUA_VISION_QR_SHIM_H
#define MOTCUA_VISION_QR_SHIM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// A code found: n bytes of payload from offset at, and its four corners (x, y) clockwise from the top left of the code.
struct qr_code {
    size_t at, n;
    int32_t corners[8];
};

// qr_read looks for at most ncodes QR codes in a grey picture and writes their payloads one after the other to out. It returns
// the number of codes, or -1 for a fault inside the library. Payloads that do not fit are left out.
int qr_read(const uint8_t *grey, int width, int height, int stride, int hard, uint8_t *out, size_t outlen, struct qr_code *codes, int ncodes);

#ifdef __cplusplus
}
#endif
#endif
