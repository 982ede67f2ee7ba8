package ui

import (
	"net/http"
	"regexp"
	"strconv"
)

// The stylesheet is written in true millimetres. Browsers' own mm is a fixed 3.78 px whatever the glass measures, so the
// server multiplies by the panel's density before the browser sees it.
var millimetres = regexp.MustCompile(`(\d+(?:\.\d+)?|\.\d+)mm\b`)

const (
	minPxPerMM = 2.0
	maxPxPerMM = 14.0
)

// stylesheet gives kiosk.css for a panel of that density.
func stylesheet(pxPerMM float64) ([]byte, error) {
	css, err := staticFS.ReadFile("static/kiosk.css")
	if err != nil {
		return nil, err //nolint:wrapcheck // the file is part of the program
	}
	return Millimetres(css, pxPerMM), nil
}

// Millimetres turns true millimetres of a stylesheet into pixels of a panel with that density.
func Millimetres(css []byte, pxPerMM float64) []byte {
	return millimetres.ReplaceAllFunc(css, func(m []byte) []byte {
		n, err := strconv.ParseFloat(string(m[:len(m)-2]), 64)
		if err != nil {
			return m
		}
		return append(strconv.AppendFloat(nil, n*pxPerMM, 'f', 2, 64), "px"...)
	})
}

// getStyle serves the stylesheet for the density in the address (the page writes it there), bounded.
func (s *server) getStyle(w http.ResponseWriter, r *http.Request) {
	density, err := strconv.ParseFloat(r.URL.Query().Get("mm"), 64)
	if err != nil || !(density >= minPxPerMM && density <= maxPxPerMM) {
		density = s.opts.PxPerMM
	}
	css, err := stylesheet(density)
	if err != nil {
		http.Error(w, "no stylesheet", http.StatusInternalServerError)
		return
	}
	makeAsset("kiosk.css", css).send(w, r)
}
