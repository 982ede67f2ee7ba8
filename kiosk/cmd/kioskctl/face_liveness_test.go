package main

import (
	"bytes"
	"context"
	"encoding/json"
	"image"
	"image/jpeg"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"motcua/vision/visiontest"
)

// saidOf runs face liveness with -json and gives its exit code and list.
func saidOf(t *testing.T, args ...string) (exitCode, []livenessResult) {
	t.Helper()
	var out, errs bytes.Buffer
	code := run(context.Background(), &console{in: &bytes.Buffer{}, out: &out, err: &errs}, append(append([]string{"face", "liveness"}, args...), "-json"))
	var list []livenessResult
	if err := json.Unmarshal(out.Bytes(), &list); err != nil {
		t.Fatalf("%v: %v\n%s%s", args, err, out.String(), errs.String())
	}
	return code, list
}

func TestLivenessTellsPeopleFromPicturesOfThem(t *testing.T) {
	dir, work := modelFolder(t), t.TempDir()
	write := func(name string, img image.Image) string {
		var buf bytes.Buffer
		if err := jpeg.Encode(&buf, img, &jpeg.Options{Quality: 95}); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(work, name)
		if err := os.WriteFile(path, buf.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	at := time.Unix(1_700_000_000, 0)
	a, b := visiontest.NewPerson(visiontest.Cast[1]), visiontest.NewPerson(visiontest.Cast[2])
	person := write("person.jpg", (&visiontest.Scene{People: []visiontest.Standing{visiontest.Centred(a)}}).Frame(at))
	phone := write("phone.jpg", (&visiontest.Attack{Species: visiontest.Phone, Picture: visiontest.FilmOf(a, 1), Seed: 1}).Frame(at))
	nobody := write("nobody.jpg", (&visiontest.Scene{}).Frame(at))
	two := write("two.jpg", (&visiontest.Scene{People: visiontest.Beside(a, b)}).Frame(at))
	for _, c := range []struct {
		files    []string
		code     exitCode
		verdicts string
	}{
		{[]string{person}, exitGood, "live"},
		{[]string{phone}, exitRefused, "attack"},
		{[]string{nobody}, exitUndetermined, "no_face"},
		{[]string{two}, exitUndetermined, "many_faces"},
		{[]string{person, nobody}, exitUndetermined, "live no_face"},
		{[]string{nobody, phone, person}, exitRefused, "no_face attack live"},
	} {
		code, list := saidOf(t, append([]string{"-models", dir}, c.files...)...)
		var got []string
		for i, r := range list {
			got = append(got, r.Verdict)
			if r.File != c.files[i] || (r.Score != nil) != (r.Verdict == "live" || r.Verdict == "attack") || (r.Reason == "") != (r.Verdict == "live") {
				t.Errorf("%+v", r)
			}
		}
		if code != c.code || strings.Join(got, " ") != c.verdicts {
			t.Errorf("exit %d, %v, want %d, %s", code, got, c.code, c.verdicts)
		}
	}
}
