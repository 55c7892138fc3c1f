// Package recordtest puts recordings together from parts that no program
// writes, for tests of what reads them. The checksum is always right.
package recordtest

import (
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"

	"trapline/internal/record"
)

// Meta are the fields of the META section. A value that JSON can write is as
// good as any.
type Meta map[string]any

// Parts are a recording's sections, each as it stands in the file.
type Parts struct {
	Meta     []byte
	Scenario Packed
	Files    []Packed
	Runs     Packed
	Hashes   Packed
	Behind   []byte // the sections' end
}

// Packed is a DEFLATE stream, or what is put in place of one.
type Packed []byte

// JSON is a META section of these fields.
func (m Meta) JSON() []byte {
	b, err := json.Marshal(m)
	if err != nil {
		panic(err)
	}
	return b
}

// Pack makes a stream.
func Pack(data []byte) Packed {
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, flate.BestSpeed) // a valid level
	_, _ = w.Write(data)
	_ = w.Close()
	return b.Bytes()
}

// Zeros is a stream of so many MiB of zeros, some kilobytes each.
func Zeros(mib int) Packed {
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, flate.BestCompression)
	_, _ = w.Write(make([]byte, 1<<20))
	_ = w.Flush() // to a byte's end, so that it can be repeated
	block := bytes.Clone(b.Bytes())
	b.Reset()
	for range mib {
		b.Write(block)
	}
	b.Write(Pack(nil))
	return b.Bytes()
}

// Run is the script of one actor's steps in a row.
func Run(actor int, steps uint64) []byte {
	return binary.AppendUvarint(nil, (steps-1)<<6|uint64(actor))
}

// Hashes are pairs of a distance in steps and a hash.
func Hashes(pairs ...record.Hash) []byte {
	var b []byte
	for _, h := range pairs {
		b = binary.LittleEndian.AppendUint64(binary.AppendUvarint(b, h.Step), h.Sum)
	}
	return b
}

// Bytes is the whole file.
func (p *Parts) Bytes() []byte {
	out := []byte("trapline recording 3\n")
	section := func(tag string, payload []byte) {
		out = append(out, tag...)
		out = binary.LittleEndian.AppendUint64(out, uint64(len(payload)))
		out = append(out, payload...)
	}
	section("META", p.Meta)
	section("SCEN", p.Scenario)
	for _, f := range p.Files {
		section("FILE", f)
	}
	section("RUNS", p.Runs)
	section("HASH", p.Hashes)
	out = append(out, p.Behind...)
	sum := sha256.Sum256(out)
	section("END ", sum[:])
	return out
}

// Sign makes the checksum of a changed file right again.
func Sign(data []byte) []byte {
	at := len(data) - sha256.Size
	sum := sha256.Sum256(data[:at-12])
	return append(bytes.Clone(data[:at]), sum[:]...)
}
