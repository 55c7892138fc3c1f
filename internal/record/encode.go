package record

import (
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
)

// A recording's bytes; numbers are little endian:
//
//	recording = "trapline recording 3\n" { section } end
//	section   = tag length payload         tag: 4 ASCII characters
//	length    = 8 bytes                    of the payload
//	end       = "END " 32:u64 digest       SHA-256 of all before "END "
//
// Sections come in this order: "META" (JSON), "SCEN" (the scenario's text),
// "FILE" (one for each name in META's files, in its order), "RUNS" (the
// script, see script.go), "HASH" (pairs of uvarint step distance and u64
// hash). All but META are DEFLATE streams (RFC 1951).

// magic names the format and its version; a change of either format or the
// meaning of a step raises the number.
const (
	magicWord = "trapline recording "
	magic     = magicWord + "3\n"
)

const (
	tagSize    = 4
	headSize   = tagSize + 8
	digestSize = sha256.Size
)

// meta is the META section.
type meta struct {
	Producer string            `json:"producer"`
	Name     string            `json:"name"`
	Engine   string            `json:"engine"`
	Text     string            `json:"text,omitempty"`
	Options  map[string]string `json:"options,omitempty"`
	Actors   int               `json:"actors"`
	Steps    uint64            `json:"steps"`
	Files    []string          `json:"files,omitempty"`
}

// Encode prints the recording.
func (f *File) Encode() ([]byte, error) {
	m, err := json.Marshal(meta{f.Producer, f.Name, f.Engine, f.Text, f.Options, f.Actors, f.Steps(), f.fileNames()})
	if err != nil {
		return nil, err
	}
	if err := f.checkBounds(len(m)); err != nil {
		return nil, fmt.Errorf("too much for a recording: %w", err)
	}
	if err := f.checkHashes(); err != nil {
		return nil, fmt.Errorf("no complete recording: %w", err)
	}
	out := []byte(magic)
	section := func(tag string, payload []byte) {
		out = append(out, tag...)
		out = binary.LittleEndian.AppendUint64(out, uint64(len(payload)))
		out = append(out, payload...)
	}
	section("META", m)
	section("SCEN", pack(f.Scenario))
	for _, n := range f.fileNames() {
		section("FILE", pack(f.Files[n]))
	}
	section("RUNS", pack(f.script.closed()))
	section("HASH", pack(encodeHashes(f.Hashes)))
	digest := sha256.Sum256(out)
	section("END ", digest[:])
	return out, nil
}

// checkBounds demands what Decode accepts.
func (f *File) checkBounds(meta int) error {
	total := meta + len(f.Scenario) + len(f.script.closed()) + (8+binary.MaxVarintLen64)*len(f.Hashes)
	for _, n := range f.fileNames() {
		if len(f.Files[n]) > MaxNamed {
			return fmt.Errorf("file %q has %d bytes; expected at most %d", n, len(f.Files[n]), MaxNamed)
		}
		total += len(f.Files[n])
	}
	switch {
	case len(f.Files) > maxFiles:
		return fmt.Errorf("%d files; expected at most %d", len(f.Files), maxFiles)
	case meta > maxMeta:
		return fmt.Errorf("names and options of %d bytes; expected at most %d", meta, maxMeta)
	case len(f.Scenario) > MaxScenario:
		return fmt.Errorf("a scenario of %d bytes; expected at most %d", len(f.Scenario), MaxScenario)
	case total > MaxUnpacked:
		return fmt.Errorf("%d bytes in all; expected at most %d", total, MaxUnpacked)
	}
	return nil
}

func pack(data []byte) []byte {
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.DefaultCompression)
	if err == nil {
		_, err = w.Write(data)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		panic(err) // writing to memory at a valid level
	}
	return b.Bytes()
}

func encodeHashes(list []Hash) []byte {
	var out []byte
	last := uint64(0)
	for _, h := range list {
		out = binary.AppendUvarint(out, h.Step-last)
		out = binary.LittleEndian.AppendUint64(out, h.Sum)
		last = h.Step
	}
	return out
}
