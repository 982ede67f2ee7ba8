#include "shim.h"

#include <cstring>

#define ZX_USE_UTF8
#include <ReadBarcode.h>
#include <ZXVersion.h>

// zxing-cpp 1.4 (Debian 12) calls the options DecodeHints and looks for one code or all; 2.3 (Debian 13) calls them ReaderOptions.
#if ZXING_VERSION_MAJOR > 2 || (ZXING_VERSION_MAJOR == 2 && ZXING_VERSION_MINOR >= 2)
using Options = ZXing::ReaderOptions;
#else
using Options = ZXing::DecodeHints;
#endif

int qr_read(const uint8_t *grey, int width, int height, int stride, int hard, uint8_t *out, size_t outlen, struct qr_code *codes, int ncodes) {
    try {
        Options options;
        options.setFormats(ZXing::BarcodeFormat::QRCode);
        options.setTryHarder(hard != 0);
        options.setTryRotate(hard != 0);
        options.setTryDownscale(hard != 0);
        const ZXing::ImageView view(grey, width, height, ZXing::ImageFormat::Lum, stride);
        const auto results = ZXing::ReadBarcodes(view, options);
        size_t used = 0;
        int n = 0;
        for (const auto &r : results) {
            const auto &bytes = r.bytes();
            if (n == ncodes || !r.isValid() || bytes.size() > outlen - used) continue;
            std::memcpy(out + used, bytes.data(), bytes.size());
            codes[n].at = used;
            codes[n].n = bytes.size();
            for (int i = 0; i < 4; i++) {
                codes[n].corners[2 * i] = r.position()[i].x;
                codes[n].corners[2 * i + 1] = r.position()[i].y;
            }
            used += bytes.size();
            n++;
        }
        return n;
    } catch (...) {
        return -1;
    }
}
