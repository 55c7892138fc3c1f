package vmlinux

import (
	"encoding/binary"
	"io"

	"github.com/pierrec/lz4/v4"
)

// lz4Reader reads the legacy frame that the kernel uses: after the magic,
// blocks of a 4-byte length and LZ4 data, each of up to 8 MiB unpacked.
type lz4Reader struct {
	in    []byte
	block []byte // what a block is unpacked to
	out   []byte // of block: not read yet
}

const lz4Block = 8 << 20

func newLZ4Reader(p []byte) io.Reader { return &lz4Reader{in: p[4:], block: make([]byte, lz4Block)} }

func (r *lz4Reader) Read(p []byte) (int, error) {
	for len(r.out) == 0 {
		if len(r.in) < 4 {
			return 0, io.EOF
		}
		n := uint64(binary.LittleEndian.Uint32(r.in))
		if n > uint64(len(r.in)-4) {
			return 0, io.EOF // the length of the image behind the last block
		}
		size, err := lz4.UncompressBlock(r.in[4:4+n], r.block)
		if err != nil {
			return 0, err
		}
		r.in, r.out = r.in[4+n:], r.block[:size]
	}
	n := copy(p, r.out)
	r.out = r.out[n:]
	return n, nil
}
