// The face pipeline in bare OpenCV, without any code of this project: what a C++ program would do with the same networks.
// The tests compile it (parity_test.go) and compare embeddings and time.
//
// bare DETECTOR RECOGNISER FLIP MEAN0 MEAN1 MEAN2 SCALE RGB THREADS ROUNDS PICTURE…
// For each picture one line: "e" and the embedding. With ROUNDS > 0 also one line for each round: "t" and the milliseconds of
// detecting, of the second look, of aligning and of embedding, and "c" with the milliseconds of processor time of a round after the
// fourth; at the end "m" and the largest resident set in kilobytes.
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <opencv2/core.hpp>
#include <opencv2/dnn.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

namespace {

struct Face {
    double x, y, w, h, score;
    cv::Point2d mark[5];
    double eyes() const { return std::hypot(mark[1].x - mark[0].x, mark[1].y - mark[0].y); }
};

const std::vector<cv::String> kOutputs = {"cls_8", "cls_16", "cls_32", "obj_8", "obj_16", "obj_32",
                                          "bbox_8", "bbox_16", "bbox_32", "kps_8", "kps_16", "kps_32"};

double unit(float v) { return std::min(std::max(double(v), 0.0), 1.0); }

double overlap(const Face &a, const Face &b) {
    double w = std::min(a.x + a.w, b.x + b.w) - std::max(a.x, b.x), h = std::min(a.y + a.h, b.y + b.h) - std::max(a.y, b.y);
    if (w <= 0 || h <= 0) return 0;
    return w * h / (a.w * a.h + b.w * b.h - w * h);
}

std::vector<Face> run(cv::dnn::Net &net, const cv::Mat &m) {
    cv::Mat pad;
    const int w = (m.cols + 31) / 32 * 32, h = (m.rows + 31) / 32 * 32;
    cv::copyMakeBorder(m, pad, 0, h - m.rows, 0, w - m.cols, cv::BORDER_CONSTANT, cv::Scalar());
    net.setInput(cv::dnn::blobFromImage(pad));
    std::vector<cv::Mat> outs;
    net.forward(outs, kOutputs);
    std::vector<Face> found, kept;
    const int strides[3] = {8, 16, 32};
    for (int i = 0; i < 3; i++) {
        const int s = strides[i], cols = w / s, cells = cols * (h / s);
        const float *cls = outs[i].ptr<float>(), *obj = outs[3 + i].ptr<float>(), *box = outs[6 + i].ptr<float>(), *kps = outs[9 + i].ptr<float>();
        for (int c = 0; c < cells; c++) {
            Face f;
            f.score = std::sqrt(unit(cls[c]) * unit(obj[c]));
            if (!(f.score >= 0.6)) continue;
            const double col = c % cols, row = c / cols;
            f.w = std::exp(double(box[4 * c + 2])) * s;
            f.h = std::exp(double(box[4 * c + 3])) * s;
            f.x = (col + box[4 * c]) * s - f.w / 2;
            f.y = (row + box[4 * c + 1]) * s - f.h / 2;
            for (int k = 0; k < 5; k++) f.mark[k] = cv::Point2d((col + kps[10 * c + 2 * k]) * s, (row + kps[10 * c + 2 * k + 1]) * s);
            found.push_back(f);
        }
    }
    std::stable_sort(found.begin(), found.end(), [](const Face &a, const Face &b) { return a.score > b.score; });
    for (const Face &f : found) {
        bool far = true;
        for (const Face &k : kept) far = far && overlap(f, k) <= 0.3;
        if (far) kept.push_back(f);
    }
    return kept;
}

bool detect(cv::dnn::Net &net, const cv::Mat &m, Face &best) {
    const double k = std::min(1.0, std::min(320.0 / m.cols, 320.0 / m.rows));
    cv::Mat small = m;
    if (k < 1) cv::resize(m, small, cv::Size(int(m.cols * k + .5), int(m.rows * k + .5)), 0, 0, cv::INTER_AREA);
    std::vector<Face> found = run(net, small);
    if (found.empty()) return false;
    for (Face &f : found) {
        f.x /= k, f.y /= k, f.w /= k, f.h /= k;
        for (cv::Point2d &p : f.mark) p *= 1 / k;
    }
    best = *std::max_element(found.begin(), found.end(), [](const Face &a, const Face &b) { return a.w * a.h < b.w * b.h; });
    return true;
}

cv::Point2d back(const cv::Matx23d &t, double x, double y) {
    const double det = t(0, 0) * t(1, 1) - t(0, 1) * t(1, 0);
    x -= t(0, 2), y -= t(1, 2);
    return cv::Point2d((t(1, 1) * x - t(0, 1) * y) / det, (t(0, 0) * y - t(1, 0) * x) / det);
}

// cut warps; below half size it averages first.
cv::Mat cut(const cv::Mat &m, const cv::Matx23d &t, cv::Size size) {
    cv::Mat out;
    const double k = std::sqrt(std::abs(t(0, 0) * t(1, 1) - t(0, 1) * t(1, 0)));
    if (k >= 0.5) {
        cv::warpAffine(m, out, t, size, cv::INTER_LINEAR, cv::BORDER_CONSTANT);
        return out;
    }
    double x0 = 1e9, y0 = 1e9, x1 = -1e9, y1 = -1e9;
    for (int i = 0; i < 4; i++) {
        const cv::Point2d p = back(t, i % 2 * size.width, i / 2 * size.height);
        x0 = std::min(x0, p.x), y0 = std::min(y0, p.y), x1 = std::max(x1, p.x), y1 = std::max(y1, p.y);
    }
    const double more = 2 / k;
    cv::Rect r(cv::Point(int(x0 - more), int(y0 - more)), cv::Point(int(x1 + more) + 1, int(y1 + more) + 1));
    r &= cv::Rect(0, 0, m.cols, m.rows);
    const cv::Size to(std::max(1, int(std::ceil(2 * k * r.width))), std::max(1, int(std::ceil(2 * k * r.height))));
    cv::Mat small;
    cv::resize(m(r), small, to, 0, 0, cv::INTER_AREA);
    const double sx = double(r.width) / to.width, sy = double(r.height) / to.height, ox = r.x + .5 * sx - .5, oy = r.y + .5 * sy - .5;
    const cv::Matx23d u(t(0, 0) * sx, t(0, 1) * sy, t(0, 0) * ox + t(0, 1) * oy + t(0, 2), t(1, 0) * sx, t(1, 1) * sy,
                        t(1, 0) * ox + t(1, 1) * oy + t(1, 2));
    cv::warpAffine(small, out, u, size, cv::INTER_LINEAR, cv::BORDER_CONSTANT);
    return out;
}

// refine looks again at the face alone and mirrored, and takes the mean of both looks.
void refine(cv::dnn::Net &net, const cv::Mat &m, Face &f) {
    const int swapped[5] = {1, 0, 2, 4, 3};
    const double k = MARK_WIDTH / f.w;
    const int side = (int(1.5 * f.h * k) + 31) / 32 * 32;
    const double half = side / 2.0;
    const cv::Matx23d t(-k, 0, half + k * (f.x + f.w / 2), 0, k, half - k * (f.y + f.h / 2));
    const std::vector<Face> found = run(net, cut(m, t, cv::Size(side, side)));
    const Face *g = nullptr;
    double near = 1e18;
    for (const Face &c : found) {
        const double d = std::hypot(c.x + c.w / 2 - half, c.y + c.h / 2 - half);
        if (d < near) near = d, g = &c;
    }
    if (!g) return;
    cv::Point2d mark[5];
    double drift = 0;
    for (int i = 0; i < 5; i++) {
        const cv::Point2d p = g->mark[swapped[i]];
        mark[i] = back(t, p.x, p.y);
        drift += std::hypot(mark[i].x - f.mark[i].x, mark[i].y - f.mark[i].y) / 5;
    }
    if (drift > .25 * f.eyes()) return;
    for (int i = 0; i < 5; i++) f.mark[i] = (f.mark[i] + mark[i]) * .5;
}

cv::Mat align(const cv::Mat &m, const Face &f) {
    const cv::Point2d to[5] = {{38.2946, 51.6963}, {73.5318, 51.5014}, {56.0252, 71.7366}, {41.5493, 92.3655}, {70.7299, 92.2041}};
    cv::Point2d ms, md;
    for (int i = 0; i < 5; i++) ms += f.mark[i] * .2, md += to[i] * .2;
    double dot = 0, cross = 0, norm = 0;
    for (int i = 0; i < 5; i++) {
        const cv::Point2d s = f.mark[i] - ms, d = to[i] - md;
        dot += s.dot(d), cross += s.cross(d), norm += s.dot(s);
    }
    const double a = dot / norm, b = cross / norm;
    return cut(m, cv::Matx23d(a, -b, md.x - a * ms.x + b * ms.y, b, a, md.y - b * ms.x - a * ms.y), cv::Size(112, 112));
}

cv::Mat embed(cv::dnn::Net &net, const cv::Mat &aligned, bool flip, const cv::Scalar &mean, double scale, bool rgb) {
    cv::Mat sum;
    for (int i = 0; i <= int(flip); i++) {
        cv::Mat in = aligned;
        if (i) cv::flip(aligned, in, 1);
        net.setInput(cv::dnn::blobFromImage(in, scale, cv::Size(112, 112), mean, rgb));
        cv::Mat v;
        net.forward().reshape(1, 1).convertTo(v, CV_64F);
        sum = sum.empty() ? v : cv::Mat(sum + v);
    }
    return sum / cv::norm(sum);
}

using Clock = std::chrono::steady_clock;

// processor is the processor time of this process in milliseconds.
double processor() {
    rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e3 + (u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e3;
}

double ms(Clock::time_point a, Clock::time_point b) { return std::chrono::duration<double, std::milli>(b - a).count(); }

}  // namespace

int main(int argc, char **argv) {
    if (argc < 12) return 2;
    cv::dnn::Net det = cv::dnn::readNetFromONNX(argv[1]), rec = cv::dnn::readNetFromONNX(argv[2]);
    for (cv::dnn::Net *n : {&det, &rec}) n->setPreferableBackend(cv::dnn::DNN_BACKEND_OPENCV);
    const bool flip = std::atoi(argv[3]), rgb = std::atoi(argv[8]);
    const cv::Scalar mean(std::atof(argv[4]), std::atof(argv[5]), std::atof(argv[6]));
    const double scale = std::atof(argv[7]);
    cv::setNumThreads(std::atoi(argv[9]));
    const int rounds = std::atoi(argv[10]);
    for (int i = 11; i < argc; i++) {
        const cv::Mat m = cv::imread(argv[i], cv::IMREAD_COLOR | cv::IMREAD_IGNORE_ORIENTATION);
        Face f;
        if (m.empty() || !detect(det, m, f)) {
            std::printf("e\n");
            continue;
        }
        double before = 0;
        for (int r = 0; r < std::max(rounds, 1); r++) {
            if (r == 4) before = processor();
            const auto t0 = Clock::now();
            detect(det, m, f);
            const auto t1 = Clock::now();
            refine(det, m, f);
            const auto t2 = Clock::now();
            const cv::Mat aligned = align(m, f);
            const auto t3 = Clock::now();
            const cv::Mat e = embed(rec, aligned, flip, mean, scale, rgb);
            const auto t4 = Clock::now();
            if (rounds > 0) std::printf("t %.4f %.4f %.4f %.4f\n", ms(t0, t1), ms(t1, t2), ms(t2, t3), ms(t3, t4));
            if (r == 0) {
                std::printf("e");
                for (int k = 0; k < e.cols; k++) std::printf(" %.9g", e.at<double>(0, k));
                std::printf("\n");
            }
        }
        if (rounds > 4) std::printf("c %.4f\n", (processor() - before) / (rounds - 4));
    }
    rusage u;
    getrusage(RUSAGE_SELF, &u);
    std::printf("m %ld\n", u.ru_maxrss);
    return 0;
}
