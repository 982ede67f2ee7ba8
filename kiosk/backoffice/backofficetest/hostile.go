package backofficetest

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/backoffice"
)

// Hostile is a server that answers as no office should, with what a client must make of it.
type Hostile struct {
	Name   string
	Answer http.HandlerFunc
	Submit kiosk.Code // of the error that Submit must give
	Status kiosk.Code // and Status
	After  time.Duration
}

func say(status int, contentType, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // whatever the kiosk still sends
		w.Header().Set("Content-Type", contentType)
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

const (
	jsonType = "application/json"
	htmlType = "text/html; charset=utf-8"
	page     = "<!doctype html><title>Đăng nhập Wi-Fi</title>"
)

// Hostiles are the servers. key is the key that the client takes for the office's.
func Hostiles(t testing.TB, key ed25519.PrivateKey) []Hostile {
	t.Helper()
	const (
		offline, refused   = kiosk.CodeOfficeOffline, kiosk.CodeOfficeRefused
		untrusted, unknown = kiosk.CodeOfficeUntrusted, kiosk.CodeNotFound
	)
	_, stranger, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return append([]Hostile{
		{"captive portal's page", say(200, htmlType, page), untrusted, untrusted, 0},
		{"captive portal's page said to be created", say(201, htmlType, page), untrusted, untrusted, 0},
		{"page that calls itself JSON", say(200, jsonType, page), untrusted, untrusted, 0},
		{"nothing at all", say(200, jsonType, ""), untrusted, untrusted, 0},
		{"null", say(201, jsonType, "null"), untrusted, untrusted, 0},
		{"empty object", say(201, jsonType, "{}"), untrusted, untrusted, 0},
		{"no content", say(204, "", ""), untrusted, untrusted, 0},
		{"accepted for later", say(202, jsonType, "{}"), untrusted, untrusted, 0},
		{"endless answer", endless, untrusted, untrusted, 0},
		{"redirect", say(307, htmlType, page, "Location", "/elsewhere"), untrusted, untrusted, 0},
		{"moved for good", say(301, htmlType, page, "Location", "https://example.vn/"), untrusted, untrusted, 0},
		{"bad request", say(400, jsonType, `{"code":"bad_input"}`), refused, refused, 0},
		{"bad request as a page", say(400, htmlType, page), untrusted, untrusted, 0},
		{"not known here", say(401, jsonType, `{"code":"key_missing"}`), refused, refused, 0},
		{"forbidden", say(403, jsonType, `{"code":"key_missing"}`), refused, refused, 0},
		{"not found", say(404, jsonType, `{"code":"not_found"}`), unknown, unknown, 0},
		{"not found as a page", say(404, htmlType, page), untrusted, untrusted, 0},
		{"conflict", say(409, jsonType, `{"code":"bad_input"}`), refused, refused, 0},
		{"misses parts for ever", say(412, jsonType, `{"code":"not_found"}`), kiosk.CodeUnavailable, kiosk.CodeUnavailable, 0},
		{"too large", say(413, jsonType, `{"code":"bad_input"}`), refused, refused, 0},
		{"refusal with more in it", say(400, jsonType, `{"code":"bad_input","name":"x"}`), untrusted, untrusted, 0},
		{"refusal with a code of its own", say(400, jsonType, `{"code":"Nguyen Van A"}`), refused, refused, 0},
		{"too many, wait", say(429, jsonType, `{"code":"unavailable"}`, "Retry-After", "90"), offline, offline, 90 * time.Second},
		{"too many, wait for years", say(429, jsonType, "", "Retry-After", "99999999"), offline, offline, time.Hour},
		{"too many, wait for a word", say(429, jsonType, "", "Retry-After", "soon"), offline, offline, 0},
		{"broken", say(500, htmlType, page), offline, offline, 0},
		{"gateway", say(502, htmlType, page), offline, offline, 0},
		{"maintenance", say(503, htmlType, page, "Retry-After", "30"), offline, offline, 30 * time.Second},
		{"hangs up", hangUp, offline, offline, 0},
		{"hangs up in the answer", hangUpLate, offline, offline, 0},
	}, liars(key, stranger)...)
}

// liars answer acknowledgements that are almost right.
func liars(key, stranger ed25519.PrivateKey) []Hostile {
	return []Hostile{
		{"acknowledgement signed by a stranger", lie(func(a kiosk.Acknowledgement) kiosk.Acknowledgement { return backoffice.SignAck(stranger, a) }),
			kiosk.CodeOfficeUntrusted, kiosk.CodeOfficeUntrusted, 0},
		{"acknowledgement without a signature", lie(func(a kiosk.Acknowledgement) kiosk.Acknowledgement { return a }),
			kiosk.CodeOfficeUntrusted, kiosk.CodeOfficeUntrusted, 0},
		{"acknowledgement of another dossier", lie(func(a kiosk.Acknowledgement) kiosk.Acknowledgement {
			a.DossierID = NewID()
			return backoffice.SignAck(key, a)
		}), kiosk.CodeOfficeUntrusted, kiosk.CodeOfficeUntrusted, 0},
		{"acknowledgement of another body", lie(func(a kiosk.Acknowledgement) kiosk.Acknowledgement {
			a.BodySHA256[31] ^= 1
			return backoffice.SignAck(key, a)
		}), kiosk.CodeOfficeUntrusted, kiosk.CodeOfficeUntrusted, 0},
		{"acknowledgement changed after signing", lie(func(a kiosk.Acknowledgement) kiosk.Acknowledgement {
			a = backoffice.SignAck(key, a)
			a.Number = "1"
			return a
		}), kiosk.CodeOfficeUntrusted, kiosk.CodeOfficeUntrusted, 0},
		{"acknowledgement of a state that is none", lie(func(a kiosk.Acknowledgement) kiosk.Acknowledgement {
			a.State = 11
			return backoffice.SignAck(key, a)
		}), kiosk.CodeOfficeUntrusted, kiosk.CodeOfficeUntrusted, 0},
	}
}

func lie(sign func(kiosk.Acknowledgement) kiosk.Acknowledgement) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		a := kiosk.Acknowledgement{
			DossierID: r.Header.Get(backoffice.HeaderKey), BodySHA256: sha256.Sum256(body), Office: "Xã Thử Nghiệm",
			ReceivedAt: time.Now(), State: kiosk.StateRegistered,
		}
		if got := r.Header.Get(backoffice.HeaderSHA256); got != "" && got != hex.EncodeToString(a.BodySHA256[:]) {
			w.WriteHeader(http.StatusTeapot)
			return
		}
		answer, err := backoffice.MarshalAck(sign(a))
		if err != nil {
			return
		}
		w.Header().Set("Content-Type", jsonType)
		w.WriteHeader(http.StatusCreated)
		_, _ = w.Write(answer)
	}
}

func endless(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", jsonType)
	chunk := strings.Repeat(" ", 16<<10)
	for r.Context().Err() == nil {
		if _, err := io.WriteString(w, chunk); err != nil {
			return
		}
	}
}

func hangUp(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

func hangUpLate(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", jsonType)
	w.Header().Set("Content-Length", "500")
	w.WriteHeader(http.StatusCreated)
	_, _ = io.WriteString(w, `{"dossier_id":`)
	panic(http.ErrAbortHandler)
}
