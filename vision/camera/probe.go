package camera

import (
	"errors"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"

	"motcua/kiosk"
)

// Requests and bits of Video4Linux2 (linux/videodev2.h).
const (
	vidiocQuerycap = 0x80685600 // _IOR('V', 0, struct v4l2_capability)
	vidiocReqbufs  = 0xC0145608 // _IOWR('V', 8, struct v4l2_requestbuffers)

	capVideoCapture = 0x00000001
	capStreaming    = 0x04000000
	capDeviceCaps   = 0x80000000

	bufTypeVideoCapture = 1
	memoryMmap          = 1
)

// capability is struct v4l2_capability.
type capability struct {
	_                  [16]byte // driver
	_                  [32]byte // card
	_                  [32]byte // bus
	_                  uint32   // version
	capabilities, caps uint32
	_                  [3]uint32
}

// requestBuffers is struct v4l2_requestbuffers.
type requestBuffers struct {
	count, typ, memory, capabilities uint32
	flags                            uint8
	_                                [3]uint8
}

// probe tells why a camera does not open: it is gone, not allowed, no camera, or another program is using it. nil when none of
// these is the case.
func probe(path string) error {
	const op = "open camera"
	f, err := os.OpenFile(path, os.O_RDWR|unix.O_NONBLOCK, 0)
	switch {
	case errors.Is(err, unix.EBUSY):
		return busy(path)
	case errors.Is(err, os.ErrPermission):
		return kiosk.Errorf(kiosk.CodeCameraFault, op, "put the kiosk's user into the group video", "%w", err)
	case err != nil:
		return kiosk.Errorf(kiosk.CodeCameraMissing, op, hintPlug, "%w", err)
	}
	defer f.Close()
	var c capability
	if errno := ioctl(f, vidiocQuerycap, unsafe.Pointer(&c)); errno != 0 {
		return kiosk.Errorf(kiosk.CodeCameraMissing, op, hintName, "%s is no camera: %w", path, errno)
	}
	if !captures(&c) {
		return kiosk.Errorf(kiosk.CodeCameraMissing, op, hintName, "%s does not stream pictures", path)
	}
	// Asking for a buffer is refused while another program streams; the buffer goes with the file.
	r := requestBuffers{count: 1, typ: bufTypeVideoCapture, memory: memoryMmap}
	if errno := ioctl(f, vidiocReqbufs, unsafe.Pointer(&r)); errno == unix.EBUSY {
		return busy(path)
	}
	return nil
}

// captures reports whether a device streams pictures. A UVC camera has a second device file, for metadata, which does not.
func captures(c *capability) bool {
	bits := c.capabilities
	if bits&capDeviceCaps != 0 {
		bits = c.caps
	}
	return bits&capVideoCapture != 0 && bits&capStreaming != 0
}

func busy(path string) error {
	return kiosk.Errorf(kiosk.CodeCameraFault, "open camera", "end the program that uses the camera: fuser -v "+path, "%s: %w", path, unix.EBUSY)
}

func ioctl(f *os.File, request uintptr, arg unsafe.Pointer) unix.Errno {
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, f.Fd(), request, uintptr(arg))
	return errno
}
