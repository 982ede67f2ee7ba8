package lds

import (
	"fmt"

	"motcua/drivers/emrtd/tlv"
	"motcua/kiosk"
)

// The tags of ISO/IEC 39794-5:2019 annex A, which tags implicitly: FaceImageDataBlock is [APPLICATION 5], the members of a
// sequence and the choices are [0], [1], ….
const (
	tagFaceBlock    tlv.Tag = 0x65
	tagVersionBlock tlv.Tag = 0xA0 // in FaceImageDataBlock
	tagBlocks       tlv.Tag = 0xA1 // representationBlocks
	tagImage        tlv.Tag = 0xA1 // imageRepresentation, in a representation block
	tagLandmarks    tlv.Tag = 0xA9 // landmarkBlocks, likewise
	tagBase         tlv.Tag = 0xA0 // base, in ImageRepresentation
	tag2D           tlv.Tag = 0xA0 // imageRepresentation2DBlock, in the base
	tagPixels       tlv.Tag = 0x80 // representationData2D
	tagInfo2D       tlv.Tag = 0xA1 // imageInformation2DBlock
	tagKind2D       tlv.Tag = 0xA1 // faceImageKind2D, in it
	tagSize2D       tlv.Tag = 0xA7 // imageSizeBlock, in it
)

// ParseFaceBlock reads the portrait from a FaceImageDataBlock of ISO/IEC 39794-5 as it stands in DG2.
func ParseFaceBlock(raw []byte) (Face, error) {
	faces, err := readExtensible(raw, nil)
	if err != nil {
		return Face{}, fmt.Errorf("read face image data block: %w", err)
	}
	return portrait(faces), nil
}

// readExtensible gives the images of an ISO/IEC 39794-5 block. ICAO puts it into [1] of the biometric data block; it is also
// read without that.
func readExtensible(b []byte, found *findings) ([]Face, error) {
	block, _, err := tlv.Read(b)
	if err != nil {
		return nil, err
	}
	list, err := block.Children()
	if err != nil {
		return nil, err
	}
	if inner, ok := tlv.Find(list, tagFaceBlock); ok && block.Tag == tagBlocks {
		if list, err = inner.Children(); err != nil {
			return nil, err
		}
	} else if _, versioned := tlv.Find(list, tagVersionBlock); block.Tag != tagFaceBlock && (block.Tag != tagBlocks || !versioned) {
		return nil, fmt.Errorf("biometric data block is not a face of ISO/IEC 39794-5: %w", ErrUnsupported)
	}
	blocks, ok := tlv.Find(list, tagBlocks)
	if !ok {
		return nil, fmt.Errorf("representation blocks: %w", ErrMissing)
	}
	all, err := blocks.Children()
	if err != nil {
		return nil, err
	}
	if len(all) == 0 || len(all) > maxFaces {
		return nil, fmt.Errorf("%d representation blocks: %w", len(all), ErrFormat)
	}
	return representations(all, found)
}

// representations reads every block with a picture in two dimensions; others, shapes in three, are left out.
func representations(all []tlv.Object, found *findings) (faces []Face, err error) {
	var first error
	for _, r := range all {
		f, err := representation(r, found)
		if err != nil {
			if first == nil {
				first = err
			}
			continue
		}
		faces = append(faces, f)
	}
	if len(faces) == 0 {
		return nil, first
	}
	found.doubt(len(faces) < len(all), "a further facial image unreadable")
	return faces, nil
}

// representation reads one RepresentationBlock.
func representation(r tlv.Object, found *findings) (Face, error) {
	o, err := descend(r, tagImage, tagBase, tag2D)
	if err != nil {
		return Face{}, err
	}
	list, err := o.Children()
	if err != nil {
		return Face{}, err
	}
	data, ok := tlv.Find(list, tagPixels)
	if !ok {
		return Face{}, fmt.Errorf("facial image: %w", ErrMissing)
	}
	p, err := readPicture(data.Value)
	if err != nil {
		return Face{}, err
	}
	found.doubt(p.media == mediaPNG, "picture is neither JPEG nor JPEG 2000")
	f := Face{Record: Record39794, Image: kiosk.Image{Data: data.Value, Type: p.media, Width: p.width, Height: p.height}}
	if info, ok := tlv.Find(list, tagInfo2D); ok {
		f.describe2D(info)
	} else {
		found.doubt(true, "image information missing")
	}
	found.tolerate(f.DeclaredWidth != 0 && (p.width != f.DeclaredWidth || p.height != f.DeclaredHeight), "size of the picture is not the one declared")
	if marks, err := descend(r, tagLandmarks); err == nil {
		points, _ := marks.Children() // landmarks are not used
		f.Points = len(points)
	}
	return f, nil
}

// describe2D takes kind and size from the image information; both are optional.
func (f *Face) describe2D(info tlv.Object) {
	if o, err := descend(info, tagKind2D, 0x80); err == nil {
		if n := small(o); n == 0 { // mrtd
			f.Kind = kindFull
		} else {
			f.Kind = kindOther
		}
	}
	size, err := descend(info, tagSize2D)
	if err != nil {
		return
	}
	list, _ := size.Children() // then there is no size
	w, _ := tlv.Find(list, 0x80)
	h, _ := tlv.Find(list, 0x81)
	f.DeclaredWidth, f.DeclaredHeight = max(0, small(w)), max(0, small(h))
}

// small reads an implicitly tagged non-negative INTEGER of up to three bytes, -1 for anything else.
func small(o tlv.Object) int {
	if len(o.Value) == 0 || len(o.Value) > 3 || o.Value[0] >= 0x80 {
		return -1
	}
	n := 0
	for _, b := range o.Value {
		n = n<<8 | int(b)
	}
	return n
}

// descend goes down a path of tags.
func descend(o tlv.Object, path ...tlv.Tag) (tlv.Object, error) {
	for _, tag := range path {
		list, err := o.Children()
		if err != nil {
			return tlv.Object{}, err
		}
		var ok bool
		if o, ok = tlv.Find(list, tag); !ok {
			return tlv.Object{}, fmt.Errorf("object %v: %w", tag, ErrMissing)
		}
	}
	return o, nil
}
