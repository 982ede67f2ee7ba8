// Three doors into OpenCV that may be given foreign bytes, each with try/catch. A cv::Mat* crosses as void*.
#ifndef MOTCUA_VISION_SHIM_H
#define MOTCUA_VISION_SHIM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Every function returns 0 when it did what it says; otherwise err holds a text of at most errlen-1 bytes.
int vision_decode(const uint8_t *data, size_t len, void *mat, char *err, size_t errlen);
int vision_net_load(const uint8_t *onnx, size_t len, const char **outputs, int noutputs, void **net, char *err, size_t errlen);
int vision_net_forward(void *net, void *blob, void **outs, int nouts, char *err, size_t errlen);
void vision_net_close(void *net);
void vision_set_threads(int n);
int vision_threads(void);

#ifdef __cplusplus
}
#endif
#endif
