package face

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"motcua/vision"
	"motcua/vision/models"
	"motcua/vision/visiontest"
)

// bareProgram compiles testdata/bare.cpp against OpenCV's own libraries once, or skips the test when there is no compiler.
func bareProgram(t testing.TB) string {
	t.Helper()
	for _, tool := range []string{"g++", "pkg-config"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("needs %s", tool)
		}
	}
	flags, err := exec.Command("pkg-config", "--cflags", "opencv4").Output()
	if err != nil {
		t.Skip("needs OpenCV's headers (pkg-config opencv4)")
	}
	bin := filepath.Join(t.TempDir(), "bare")
	args := append([]string{
		"-O2", "-std=c++11", "-o", bin, fmt.Sprintf("-DMARK_WIDTH=%v.", markWidth),
		filepath.Join("testdata", "bare.cpp"),
	}, strings.Fields(string(flags))...)
	args = append(args, "-lopencv_core", "-lopencv_imgproc", "-lopencv_imgcodecs", "-lopencv_dnn")
	if out, err := exec.CommandContext(t.Context(), "g++", args...).CombinedOutput(); err != nil { //nolint:gosec // our own program
		t.Fatalf("compile bare.cpp: %v\n%s", err, out)
	}
	return bin
}

// output is what a program of the pipeline prints.
type output struct {
	embeddings []Embedding
	stages     [4][]float64 // milliseconds of detecting, second look, aligning, embedding
	processor  []float64    // milliseconds of processor time of a round, for each run
	resident   int          // largest resident set, KB
}

func (s *output) add(o output) {
	for i := range s.stages {
		s.stages[i] = append(s.stages[i], o.stages[i]...)
	}
	s.processor = append(s.processor, o.processor...)
	s.resident = max(s.resident, o.resident)
}

func parseOutput(t testing.TB, out []byte) (s output) {
	t.Helper()
	for _, line := range strings.Split(string(out), "\n") {
		f := strings.Fields(line)
		if len(f) == 0 {
			continue
		}
		var v []float64
		for _, x := range f[1:] {
			n, err := strconv.ParseFloat(x, 64)
			if err != nil {
				break // a line of the test runner
			}
			v = append(v, n)
		}
		switch {
		case f[0] == "e":
			e := make(Embedding, len(v))
			for i := range v {
				e[i] = float32(v[i])
			}
			s.embeddings = append(s.embeddings, e)
		case f[0] == "t" && len(v) == 4:
			for i := range v {
				s.stages[i] = append(s.stages[i], v[i])
			}
		case f[0] == "c" && len(v) == 1:
			s.processor = append(s.processor, v[0])
		case f[0] == "m" && len(v) == 1:
			s.resident = int(v[0])
		}
	}
	return s
}

// bareArgs are the arguments of the bare program for the networks of e.
func bareArgs(t testing.TB, e *Engine, threads, rounds int, pictures ...string) []string {
	t.Helper()
	dir := os.Getenv(models.EnvDir)
	if dir == "" {
		dir = shared(t, "data/models")
	}
	p := e.rec.pre
	bit := map[bool]string{true: "1"}
	num := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	return append([]string{
		filepath.Join(dir, models.Detector), filepath.Join(dir, e.model.File), "0" + bit[p.Flip], num(p.Mean[0]), num(p.Mean[1]), num(p.Mean[2]),
		num(p.Scale), "0" + bit[p.RGB], strconv.Itoa(threads), strconv.Itoa(rounds),
	}, pictures...)
}

func runBare(t testing.TB, bin string, args []string) output {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	var errs bytes.Buffer
	cmd := exec.CommandContext(ctx, bin, args...)
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, errs.String())
	}
	return parseOutput(t, out)
}

// The embeddings must be those that the same networks give in a program of plain C++ on OpenCV, whatever the picture's size.
func TestEmbeddingsAreThoseOfBareOpenCV(t *testing.T) {
	e := engine(t)
	bin := bareProgram(t)
	pictures := parityPictures(t)
	bare := runBare(t, bin, bareArgs(t, e, 1, 0, pictures...))
	if len(bare.embeddings) != len(pictures) {
		t.Fatalf("%d embeddings of %d pictures", len(bare.embeddings), len(pictures))
	}
	worst := 1.0
	for i, name := range pictures {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		ours, err := largest(e, data)
		if err != nil {
			t.Errorf("%s: %v", filepath.Base(name), err)
			continue
		}
		c := ours.Cosine(bare.embeddings[i])
		if worst = min(worst, c); !(c >= .9999) {
			t.Errorf("%s: cosine %.6f, want at least .9999", filepath.Base(name), c)
		}
	}
	t.Logf("%d pictures, lowest cosine %.7f", len(pictures), worst)
}

// largest gives the embedding of the largest face.
func largest(e *Engine, data []byte) (Embedding, error) {
	m, err := vision.Decode(data)
	if err != nil {
		return nil, err
	}
	defer m.Close()
	faces, err := e.Detect(&m)
	if err != nil {
		return nil, err
	}
	if len(faces) == 0 {
		return nil, ErrNoFace
	}
	emb, _, err := e.Describe(&m, &faces[0])
	return emb, err
}

// parityPictures are rendered people near and far in frames of three sizes, chip portraits, and photographs where there are any.
func parityPictures(t testing.TB) (names []string) {
	t.Helper()
	dir := t.TempDir()
	keep := func(name string, data []byte) {
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	for i, size := range [][2]int{{480, 640}, {640, 480}, {1280, 720}} {
		for j, head := range []float64{.3, .75} {
			st := visiontest.Centred(folks()[i])
			st.Head, st.Still, st.Yaw = head, true, .1*float64(j)
			keep(fmt.Sprintf("scene%d%d.jpg", i, j), sceneJPEG(t, &visiontest.Scene{Width: size[0], Height: size[1], People: []visiontest.Standing{st}}))
		}
	}
	for i := range folks() {
		keep(fmt.Sprintf("portrait%d.jpg", i), folks()[i].PortraitJPEG())
	}
	root := os.Getenv("KIOSK_SHARED")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared")
	}
	photos, _ := filepath.Glob(filepath.Join(root, "data/faces/dev/images/*.jpg"))
	for i := 0; i < len(photos) && i < 400; i += 40 {
		names = append(names, photos[i])
	}
	return names
}

func sceneJPEG(t testing.TB, s *visiontest.Scene) []byte {
	t.Helper()
	m, err := vision.FromImage(s.Frame(time.UnixMilli(1_700_000_000_000)))
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	img, err := vision.EncodeJPEG(&m, 95)
	if err != nil {
		t.Fatal(err)
	}
	return img.Data
}

// pipelineEnv makes the test program print what the bare program prints: the picture, threads and rounds.
const pipelineEnv = "KIOSK_FACE_PIPELINE"

// TestPipelineProcess is our side of BenchmarkVision, in a process of its own so that its memory is only its own.
func TestPipelineProcess(t *testing.T) {
	f := strings.Split(os.Getenv(pipelineEnv), "|")
	if len(f) != 3 {
		t.Skip("run by BenchmarkVision")
	}
	threads, _ := strconv.Atoi(f[1])
	rounds, _ := strconv.Atoi(f[2])
	e := engine(t)
	vision.SetThreads(threads)
	data, err := os.ReadFile(f[0])
	if err != nil {
		t.Fatal(err)
	}
	m, err := vision.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	var before float64
	for i := range rounds {
		if i == warmRounds {
			before = processorTime(t)
		}
		t0 := time.Now()
		faces, err := e.Detect(&m)
		if err != nil || len(faces) == 0 {
			t.Fatal(len(faces), err)
		}
		t1 := time.Now()
		closer := e.det.refined(&m, &faces[0])
		t2 := time.Now()
		aligned, err := e.Align(&m, closer)
		if err != nil {
			t.Fatal(err)
		}
		t3 := time.Now()
		_, _, err = e.Embed(&aligned)
		t4 := time.Now()
		_ = aligned.Close()
		if err != nil {
			t.Fatal(err)
		}
		ms := func(a, b time.Time) float64 { return float64(b.Sub(a).Microseconds()) / 1000 }
		fmt.Fprintf(os.Stdout, "t %.4f %.4f %.4f %.4f\n", ms(t0, t1), ms(t1, t2), ms(t2, t3), ms(t3, t4))
	}
	fmt.Fprintf(os.Stdout, "c %.4f\n", (processorTime(t)-before)/float64(max(rounds-warmRounds, 1)))
	fmt.Fprintf(os.Stdout, "m %d\n", residentPeak(t))
}

// processorTime is the processor time of this process in milliseconds.
func processorTime(t testing.TB) float64 {
	t.Helper()
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e6
}

// residentPeak is the largest resident set of this process in KB.
func residentPeak(t testing.TB) int { return statusKB(t, "VmHWM:") }

func statusKB(t testing.TB, key string) int {
	t.Helper()
	data, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Skip("needs /proc")
	}
	for _, line := range strings.Split(string(data), "\n") {
		if f := strings.Fields(line); len(f) == 3 && f[0] == key {
			n, _ := strconv.Atoi(f[1])
			return n
		}
	}
	return 0
}

var stageNames = [4]string{"detect", "second look", "align", "embed"}

// BenchmarkVision measures the face pipeline against the bare program in one run, taking turns, with one and two threads:
// make bench-vision. The figures go to standard output, and as a table of Markdown to the file that KIOSK_BENCH_MD names.
func BenchmarkVision(b *testing.B) {
	e := engine(b)
	bin := bareProgram(b)
	dir := b.TempDir()
	var table strings.Builder
	table.WriteString("| frame | threads | stage | ours p50 | ours p95 | bare p50 | bare p95 | ms, ratio of p50 |\n|---|---|---|---|---|---|---|---|\n")
	for _, size := range [][2]int{{640, 480}, {1280, 720}} {
		name := filepath.Join(dir, fmt.Sprintf("%dx%d.jpg", size[0], size[1]))
		st := visiontest.Centred(folks()[0])
		st.Still = true
		if err := os.WriteFile(name, sceneJPEG(b, &visiontest.Scene{Width: size[0], Height: size[1], People: []visiontest.Standing{st}}), 0o600); err != nil {
			b.Fatal(err)
		}
		for _, threads := range []int{1, 2} {
			b.Run(fmt.Sprintf("%dx%d/threads=%d", size[0], size[1], threads), func(b *testing.B) {
				for b.Loop() {
					ours, bare := race(b, e, bin, name, threads)
					ratio := compareStages(&table, fmt.Sprintf("%d×%d", size[0], size[1]), threads, &ours, &bare)
					b.ReportMetric(ratio, "ours/bare")
					b.ReportMetric(float64(ours.resident)/1024, "MB")
					b.ReportMetric(float64(bare.resident)/1024, "bare-MB")
				}
			})
		}
	}
	fmt.Fprint(os.Stdout, "\n"+table.String())
	if name := os.Getenv("KIOSK_BENCH_MD"); name != "" {
		if err := os.WriteFile(name, []byte(table.String()), 0o644); err != nil { //nolint:gosec // a table for everybody
			b.Fatal(err)
		}
	}
}

// Turns of a race, and the rounds of each; the first ones, which warm up, do not count.
const (
	turns      = 5
	turnRounds = 20
	warmRounds = 4
)

// race lets both programs take turns on one picture, so that what else the machine does meets both.
func race(b *testing.B, e *Engine, bin, picture string, threads int) (ours, bare output) {
	b.Helper()
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	for range turns {
		cmd := exec.CommandContext(b.Context(), self, "-test.run=^TestPipelineProcess$") //nolint:gosec // this very program
		cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s|%d|%d", pipelineEnv, picture, threads, turnRounds))
		out, err := cmd.Output()
		if err != nil {
			b.Fatalf("%v: %s", err, out)
		}
		ours.add(warm(parseOutput(b, out)))
		bare.add(warm(runBare(b, bin, bareArgs(b, e, threads, turnRounds, picture))))
	}
	return ours, bare
}

func warm(s output) output {
	for i := range s.stages {
		s.stages[i] = s.stages[i][min(warmRounds, len(s.stages[i])):]
	}
	return s
}

func compareStages(w *strings.Builder, frame string, threads int, ours, bare *output) (ratio float64) {
	sum := func(s *output) (all []float64) {
		for i := range s.stages[0] {
			all = append(all, s.stages[0][i]+s.stages[1][i]+s.stages[2][i]+s.stages[3][i])
		}
		return all
	}
	row := func(name string, o, b []float64) float64 {
		r := quantile(o, .5) / quantile(b, .5)
		fmt.Fprintf(w, "| %s | %d | %s | %.2f | %.2f | %.2f | %.2f | %.3f |\n", frame, threads, name,
			quantile(o, .5), quantile(o, .95), quantile(b, .5), quantile(b, .95), r)
		return r
	}
	for i, name := range stageNames {
		row(name, ours.stages[i], bare.stages[i])
	}
	row("all", sum(ours), sum(bare))
	ratio = row("processor time of all", ours.processor, bare.processor) // the clock's time depends on what else the machine does
	fmt.Fprintf(w, "| %s | %d | largest resident set, MB | %.0f | | %.0f | | |\n", frame, threads, float64(ours.resident)/1024, float64(bare.resident)/1024)
	return ratio
}

func quantile(v []float64, q float64) float64 {
	s := slices.Clone(v)
	slices.Sort(s)
	return s[int(q*float64(len(s)-1)+.5)]
}
