package vision

/*
#cgo pkg-config: opencv4
#cgo CXXFLAGS: --std=c++11
#include <stdlib.h>
#include "shim.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"unsafe"

	"gocv.io/x/gocv"
)

const errText = 512 // bytes kept of an OpenCV error text

// Net is a neural network in ONNX form, run on the processor. It may be used from several goroutines; they take turns.
//
// It stands beside gocv.Net because that one ends the process when a model does not load, and its ForwardLayers leaks the
// names of the outputs with every frame.
type Net struct {
	mu   sync.Mutex
	p    unsafe.Pointer
	outs int
}

// LoadNet reads a network and names the outputs that Forward gives; without names they are the network's own.
// One forward of zeros in the shape of sample (1, channels, rows, columns) proves that the network runs at that size.
func LoadNet(onnx []byte, sample [4]int, outputs ...string) (*Net, error) {
	if len(onnx) == 0 {
		return nil, errors.New("load network: no bytes")
	}
	names, free := cStrings(outputs)
	defer free()
	var first **C.char
	if len(names) > 0 {
		first = &names[0]
	}
	n := &Net{outs: max(len(outputs), 1)}
	e := newErrBuf()
	defer e.free()
	rc := C.vision_net_load((*C.uint8_t)(unsafe.Pointer(&onnx[0])), C.size_t(len(onnx)), first, C.int(len(names)), &n.p, e.p, errText)
	runtime.KeepAlive(onnx)
	if rc != 0 {
		_ = n.Close()
		return nil, fmt.Errorf("load network: %w", e.err())
	}
	if err := n.try(sample); err != nil {
		_ = n.Close()
		return nil, fmt.Errorf("try network: %w", err)
	}
	return n, nil
}

func (n *Net) try(shape [4]int) error {
	for _, d := range shape {
		if d < 1 || d > MaxSide {
			return fmt.Errorf("input shape %v", shape)
		}
	}
	blob := gocv.NewMatWithSizesWithScalar(shape[:], gocv.MatTypeCV32F, gocv.NewScalar(0, 0, 0, 0))
	defer blob.Close()
	outs, err := n.Forward(&blob)
	CloseAll(outs)
	return err
}

// Forward runs the network on a blob and gives its outputs in the order of the names given to [LoadNet]; the caller closes them.
func (n *Net) Forward(blob *gocv.Mat) ([]gocv.Mat, error) {
	if IsZero(blob) || blob.Type()&7 != gocv.MatTypeCV32F {
		return nil, errors.New("run network: the blob is empty or not of floats")
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.p == nil {
		return nil, errors.New("run network: closed")
	}
	outs := make([]gocv.Mat, n.outs)
	ptrs := make([]unsafe.Pointer, n.outs)
	for i := range outs {
		outs[i] = gocv.NewMat()
		ptrs[i] = unsafe.Pointer(outs[i].Ptr())
	}
	e := newErrBuf()
	defer e.free()
	if C.vision_net_forward(n.p, unsafe.Pointer(blob.Ptr()), &ptrs[0], C.int(n.outs), e.p, errText) != 0 {
		CloseAll(outs)
		return nil, fmt.Errorf("run network: %w", e.err())
	}
	return outs, nil
}

// Close frees the network. It may be called twice.
func (n *Net) Close() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.p != nil {
		C.vision_net_close(n.p)
		n.p = nil
	}
	return nil
}

// SetThreads sets how many threads OpenCV may use in this process; 0 or less is its own choice.
func SetThreads(n int) {
	if n <= 0 {
		n = -1
	}
	C.vision_set_threads(C.int(n))
}

// Threads gives how many threads OpenCV uses.
func Threads() int { return int(C.vision_threads()) }

type errBuf struct{ p *C.char }

func newErrBuf() errBuf { return errBuf{(*C.char)(C.calloc(1, errText))} }

func (e errBuf) free() { C.free(unsafe.Pointer(e.p)) }

func (e errBuf) err() error { return errors.New(C.GoString(e.p)) }

func cStrings(s []string) ([]*C.char, func()) {
	out := make([]*C.char, len(s))
	for i := range s {
		out[i] = C.CString(s[i])
	}
	return out, func() {
		for _, c := range out {
			C.free(unsafe.Pointer(c))
		}
	}
}

// decodeInto decodes data into mat; the caller has checked the header.
func decodeInto(data []byte, mat *gocv.Mat) error {
	e := newErrBuf()
	defer e.free()
	rc := C.vision_decode((*C.uint8_t)(unsafe.Pointer(&data[0])), C.size_t(len(data)), unsafe.Pointer(mat.Ptr()), e.p, errText)
	runtime.KeepAlive(data)
	if rc != 0 {
		return e.err()
	}
	return nil
}
