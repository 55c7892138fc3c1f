package vmlinux

import (
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz/lzma"
)

// Bounds of an image.
const (
	MaxFile  = 256 << 20 // bytes of the file
	MaxImage = 1 << 30   // bytes of the ELF file in it
)

// What Read says of an input; test with errors.Is.
var (
	ErrNotKernel  = errors.New("no kernel image")
	ErrPacking    = errors.New("unknown compression of the kernel")
	ErrUnpack     = errors.New("the packed kernel is damaged")
	ErrNoKallsyms = errors.New("no kallsyms tables of a known form")
)

// Offsets in a bzImage's setup header (Documentation/arch/x86/boot.rst).
const (
	setupSects    = 0x1f1 // sectors of setup code behind the first; 0 means 4
	setupMagic    = 0x202 // "HdrS"
	setupVersion  = 0x206 // protocol; the payload's place is told from 2.08 on
	payloadOffset = 0x248 // from the end of the setup code, 4 bytes
	payloadLength = 0x24c
	sectorSize    = 512
)

// unpack gives the ELF file of an image.
func unpack(data []byte) ([]byte, error) {
	if bytes.HasPrefix(data, []byte("\x7fELF")) {
		return data, nil
	}
	if len(data) > payloadLength+4 && string(data[setupMagic:setupMagic+4]) == "HdrS" {
		payload, err := bzPayload(data)
		if err != nil {
			return nil, err
		}
		return decompress(payload)
	}
	return nil, fmt.Errorf("%w: expected a vmlinux ELF file or a bzImage", ErrNotKernel)
}

func bzPayload(data []byte) ([]byte, error) {
	le := binary.LittleEndian
	if v := le.Uint16(data[setupVersion:]); v < 0x208 {
		return nil, fmt.Errorf("%w: boot protocol %d.%02d; expected 2.08 or later", ErrNotKernel, v>>8, v&0xff)
	}
	sects := uint64(data[setupSects])
	if sects == 0 {
		sects = 4
	}
	at := (sects+1)*sectorSize + uint64(le.Uint32(data[payloadOffset:]))
	n := uint64(le.Uint32(data[payloadLength:]))
	if at+n > uint64(len(data)) || n < 16 {
		return nil, fmt.Errorf("%w: a payload of %d bytes at %#x in a file of %d", ErrNotKernel, n, at, len(data))
	}
	return data[at : at+n], nil
}

// decompress unpacks a payload: its last four bytes are the length of what is
// in it.
func decompress(p []byte) ([]byte, error) {
	if bytes.HasPrefix(p, []byte("\x7fELF")) {
		return p, nil
	}
	size := uint64(binary.LittleEndian.Uint32(p[len(p)-4:]))
	if size > MaxImage {
		return nil, fmt.Errorf("%w: an image of %d bytes; expected at most %d", ErrNotKernel, size, MaxImage)
	}
	r, err := unpacker(p)
	if err != nil {
		return nil, err
	}
	out, err := io.ReadAll(io.LimitReader(r, int64(size)))
	if err == nil && uint64(len(out)) < size {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnpack, err)
	}
	if hasX86Filter(p) {
		decodeX86(out)
	}
	if !bytes.HasPrefix(out, []byte("\x7fELF")) {
		return nil, fmt.Errorf("%w: what is packed in it is no ELF file", ErrNotKernel)
	}
	return out, nil
}

func unpacker(p []byte) (io.Reader, error) {
	in := bytes.NewReader(p)
	switch {
	case bytes.HasPrefix(p, []byte("\x1f\x8b")):
		r, err := gzip.NewReader(in)
		if err == nil {
			r.Multistream(false)
		}
		return r, err
	case bytes.HasPrefix(p, []byte("BZh")):
		return bzip2.NewReader(bytes.NewReader(p[:len(p)-4])), nil
	case bytes.HasPrefix(p, []byte("\x5d\x00\x00")):
		return lzma.NewReader(in)
	case bytes.HasPrefix(p, []byte(xzMagic)):
		return newXZReader(p)
	case bytes.HasPrefix(p, []byte("\x02\x21\x4c\x18")):
		return newLZ4Reader(p), nil
	case bytes.HasPrefix(p, []byte("\x28\xb5\x2f\xfd")):
		return newZstdReader(p[:len(p)-4])
	case bytes.HasPrefix(p, []byte("\x89LZO\x00")):
		return nil, fmt.Errorf("%w: lzo; expected %s, or a vmlinux that the kernel's extract-vmlinux took out", ErrPacking, packings)
	}
	return nil, fmt.Errorf("%w: it begins with % x; expected %s", ErrPacking, p[:6], packings)
}

const packings = "gzip, bzip2, lzma, xz, lz4 or zstd"

// newZstdReader unpacks in the calling goroutine. The kernel's packer uses
// windows of up to 128 MiB (zstd -22 --ultra).
func newZstdReader(p []byte) (io.Reader, error) {
	r, err := zstd.NewReader(bytes.NewReader(p), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(128<<20), zstd.WithDecoderMaxMemory(MaxImage))
	if err != nil {
		return nil, err
	}
	return r, nil
}
