#include "shim.h"

#include <exception>
#include <string>
#include <vector>

#include <opencv2/core.hpp>
#include <opencv2/core/utils/logger.hpp>
#include <opencv2/dnn.hpp>
#include <opencv2/imgcodecs.hpp>

namespace {

struct Net {
    cv::dnn::Net net;
    std::vector<cv::String> outputs;
};

int fail(const char *what, char *err, size_t errlen) {
    if (errlen > 0) {
        size_t n = 0;
        for (; what[n] != 0 && n + 1 < errlen; n++) {
            err[n] = what[n] == '\n' ? ' ' : what[n];
        }
        err[n] = 0;
    }
    return 1;
}

// OpenCV writes warnings and errors to standard error; here they are returned instead.
void quiet() { cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT); }

}  // namespace

#define GUARD(body)                                  \
    try {                                            \
        body                                         \
    } catch (const std::exception &e) {              \
        return fail(e.what(), err, errlen);          \
    } catch (...) {                                  \
        return fail("unknown exception", err, errlen); \
    }

int vision_decode(const uint8_t *data, size_t len, void *mat, char *err, size_t errlen) {
    GUARD({
        quiet();
        const cv::Mat buf(1, static_cast<int>(len), CV_8UC1, const_cast<uint8_t *>(data));
        cv::Mat got = cv::imdecode(buf, cv::IMREAD_COLOR | cv::IMREAD_IGNORE_ORIENTATION);
        if (got.empty()) return fail("not decodable", err, errlen);
        *static_cast<cv::Mat *>(mat) = got;
        return 0;
    })
}

int vision_net_load(const uint8_t *onnx, size_t len, const char **outputs, int noutputs, void **net, char *err, size_t errlen) {
    GUARD({
        quiet();
        Net *n = new Net;
        *net = n;
        n->net = cv::dnn::readNetFromONNX(reinterpret_cast<const char *>(onnx), len);
        if (n->net.empty()) return fail("the network has no layers", err, errlen);
        n->net.setPreferableBackend(cv::dnn::DNN_BACKEND_OPENCV);
        n->net.setPreferableTarget(cv::dnn::DNN_TARGET_CPU);
        if (noutputs == 0) n->outputs = n->net.getUnconnectedOutLayersNames();
        for (int i = 0; i < noutputs; i++) n->outputs.push_back(outputs[i]);
        return 0;
    })
}

int vision_net_forward(void *net, void *blob, void **outs, int nouts, char *err, size_t errlen) {
    GUARD({
        Net *n = static_cast<Net *>(net);
        if (static_cast<size_t>(nouts) != n->outputs.size()) return fail("wrong number of outputs", err, errlen);
        n->net.setInput(*static_cast<cv::Mat *>(blob));
        std::vector<cv::Mat> got;
        n->net.forward(got, n->outputs);
        for (int i = 0; i < nouts; i++) got[i].copyTo(*static_cast<cv::Mat *>(outs[i]));
        return 0;
    })
}

void vision_net_close(void *net) { delete static_cast<Net *>(net); }

void vision_set_threads(int n) { cv::setNumThreads(n); }

int vision_threads(void) { return cv::getNumThreads(); }
