package vmlinux

import (
	"encoding/binary"
	"errors"
	"io"
)

// lz4Reader reads the legacy frame that the kernel uses: after the magic,
// blocks of a 4-byte length and LZ4 data, each of up to 8 MiB unpacked.
type lz4Reader struct {
	in  []byte
	out []byte // unpacked, not read yet
}

const lz4Block = 8 << 20

var errLZ4 = errors.New("malformed lz4 block")

func newLZ4Reader(p []byte) io.Reader { return &lz4Reader{in: p[4:]} }

func (r *lz4Reader) Read(p []byte) (int, error) {
	for len(r.out) == 0 {
		if len(r.in) < 4 {
			return 0, io.EOF
		}
		n := uint64(binary.LittleEndian.Uint32(r.in))
		if n > uint64(len(r.in)-4) {
			return 0, io.EOF // the length of the image behind the last block
		}
		out, err := lz4Decode(r.in[4 : 4+n])
		if err != nil {
			return 0, err
		}
		r.in, r.out = r.in[4+n:], out
	}
	n := copy(p, r.out)
	r.out = r.out[n:]
	return n, nil
}

// lz4Decode unpacks one block: sequences of a token, literals, and a match
// given by 2 bytes of distance; the last sequence has literals only.
func lz4Decode(src []byte) ([]byte, error) {
	var dst []byte
	length := func(n int) (int, bool) {
		for n%255 == 15 || n > 15 {
			if len(src) == 0 || n > lz4Block {
				return 0, false
			}
			b := int(src[0])
			src, n = src[1:], n+b
			if b != 255 {
				break
			}
		}
		return n, true
	}
	for len(src) > 0 {
		token := src[0]
		src = src[1:]
		n, ok := length(int(token >> 4))
		if !ok || n > len(src) || len(dst)+n > lz4Block {
			return nil, errLZ4
		}
		dst, src = append(dst, src[:n]...), src[n:]
		if len(src) == 0 {
			break
		}
		if len(src) < 2 {
			return nil, errLZ4
		}
		back := int(binary.LittleEndian.Uint16(src))
		src = src[2:]
		n, ok = length(int(token & 15))
		n += 4
		if !ok || back == 0 || back > len(dst) || len(dst)+n > lz4Block {
			return nil, errLZ4
		}
		for range n {
			dst = append(dst, dst[len(dst)-back])
		}
	}
	return dst, nil
}
