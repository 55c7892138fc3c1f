package record

import (
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"

	"trapline/emu/sched"
)

// IsRecording reports whether data starts as a recording does, of any version.
func IsRecording(data []byte) bool { return bytes.HasPrefix(data, []byte(magicWord)) }

// Decode reads a recording. Its errors are ErrForeign, ErrVersion, ErrDamaged.
func Decode(data []byte) (*File, error) {
	switch {
	case len(data) > MaxFileSize:
		return nil, fmt.Errorf("%w: %d bytes; expected at most %d", ErrDamaged, len(data), MaxFileSize)
	case len(data) < len(magic) && bytes.HasPrefix([]byte(magic), data):
		return nil, damaged(len(data), "it ends here", "the rest of the first line")
	case !IsRecording(data):
		return nil, fmt.Errorf("%w: expected a first line that begins %q", ErrForeign, magicWord)
	case !bytes.HasPrefix(data, []byte(magic)):
		line, _, _ := bytes.Cut(data[:min(len(data), 64)], []byte("\n"))
		return nil, fmt.Errorf("%w: its first line is %q; this program reads %q", ErrVersion, line, magic[:len(magic)-1])
	}
	if err := checkDigest(data); err != nil {
		return nil, err
	}
	r := &reader{data: data, at: len(magic)}
	return r.file()
}

func damaged(at int, what, want string) error {
	return fmt.Errorf("%w: byte %d: %s; expected %s", ErrDamaged, at, what, want)
}

// checkDigest looks at the end first: everything else is trusted only as far
// as the digest goes.
func checkDigest(data []byte) error {
	at := len(data) - headSize - digestSize
	end := []byte("END \x20\x00\x00\x00\x00\x00\x00\x00")
	if at < len(magic) || !bytes.Equal(data[at:at+headSize], end) {
		return damaged(len(data), "it ends without its checksum", "the END section: the file was cut short or something was added")
	}
	if sum := sha256.Sum256(data[:at]); !bytes.Equal(sum[:], data[at+headSize:]) {
		return damaged(at, "the checksum is wrong", "the SHA-256 of all bytes before: something was changed")
	}
	return nil
}

// reader takes sections in their order.
type reader struct {
	data []byte
	at   int
}

func (r *reader) section(tag string) ([]byte, error) {
	if len(r.data)-r.at < headSize || string(r.data[r.at:r.at+tagSize]) != tag {
		return nil, damaged(r.at, "another section", tag)
	}
	n := binary.LittleEndian.Uint64(r.data[r.at+tagSize:])
	r.at += headSize
	if n > uint64(len(r.data)-r.at) {
		return nil, damaged(r.at, fmt.Sprintf("a section of %d bytes", n), "one that ends in the file")
	}
	p := r.data[r.at : r.at+int(n)]
	r.at += int(n)
	return p, nil
}

// packed takes a compressed section of at most maxSection bytes.
func (r *reader) packed(tag string) ([]byte, error) {
	p, err := r.section(tag)
	if err != nil {
		return nil, err
	}
	out, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(p)), maxSection+1))
	if err != nil {
		return nil, damaged(r.at, fmt.Sprintf("section %s: %v", tag, err), "a DEFLATE stream")
	}
	if len(out) > maxSection {
		return nil, damaged(r.at, "section "+tag+" is too large", fmt.Sprintf("at most %d bytes", maxSection))
	}
	return out, nil
}

func (r *reader) meta() (meta, error) {
	var m meta
	p, err := r.section("META")
	if err != nil {
		return m, err
	}
	d := json.NewDecoder(bytes.NewReader(p))
	d.DisallowUnknownFields()
	if err := d.Decode(&m); err != nil {
		return m, damaged(r.at, "META: "+err.Error(), "its JSON object")
	}
	if m.Actors < 1 || m.Actors > sched.MaxActors || len(m.Files) > maxFiles {
		return m, damaged(r.at, "META is out of bounds", fmt.Sprintf("1 to %d actors, at most %d files", sched.MaxActors, maxFiles))
	}
	return m, nil
}

func (r *reader) file() (*File, error) {
	m, err := r.meta()
	if err != nil {
		return nil, err
	}
	f := &File{Producer: m.Producer, Name: m.Name, Engine: m.Engine, Options: m.Options, Actors: m.Actors}
	if f.Scenario, err = r.packed("SCEN"); err != nil {
		return nil, err
	}
	for _, n := range m.Files {
		if f.Files == nil {
			f.Files = map[string][]byte{}
		}
		if f.Files[n], err = r.packed("FILE"); err != nil {
			return nil, err
		}
	}
	runs, err := r.packed("RUNS")
	if err != nil {
		return nil, err
	}
	if f.script, err = readScript(runs, f.Actors); err != nil || f.script.steps != m.Steps {
		return nil, damaged(r.at, fmt.Sprintf("RUNS: %d steps, %v", f.script.steps, err), fmt.Sprintf("a script of %d steps", m.Steps))
	}
	hashes, err := r.packed("HASH")
	if err != nil {
		return nil, err
	}
	if f.Hashes, err = decodeHashes(hashes, m.Steps); err != nil {
		return nil, damaged(r.at, "HASH", err.Error())
	}
	return f, nil
}

func decodeHashes(data []byte, steps uint64) ([]Hash, error) {
	var list []Hash
	step := uint64(0)
	for len(data) > 0 {
		d, n := binary.Uvarint(data)
		if n <= 0 || len(data) < n+8 || d > steps-step || len(list) > 2*maxHashes {
			return nil, fmt.Errorf("pairs of a step up to %d and a hash", steps)
		}
		step += d
		list = append(list, Hash{step, binary.LittleEndian.Uint64(data[n:])})
		data = data[n+8:]
	}
	return list, nil
}
