package record

import (
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"trapline/internal/sched"
)

// IsRecording reports whether data starts as a recording does, of any version.
func IsRecording(data []byte) bool { return bytes.HasPrefix(data, []byte(magicWord)) }

// Names tells which files a scenario names. name is what the recording calls it.
type Names func(name string, scenario []byte) ([]string, error)

// Decode reads a recording, which must hold exactly the files that names
// tells. Its errors are ErrForeign, ErrVersion, ErrDamaged, and those of names.
func Decode(data []byte, names Names) (*File, error) {
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
	r := &reader{data: data[:len(data)-headSize-digestSize], at: len(magic), left: MaxUnpacked}
	return r.file(names)
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
	data []byte // before the END section
	at   int
	left int // of MaxUnpacked
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

// packed takes a compressed section of at most limit bytes.
func (r *reader) packed(tag string, limit int) ([]byte, error) {
	p, err := r.section(tag)
	if err != nil {
		return nil, err
	}
	in := bytes.NewReader(p)
	bound := min(limit, r.left)
	out, err := io.ReadAll(io.LimitReader(flate.NewReader(in), int64(bound)+1))
	switch {
	case err != nil:
		return nil, damaged(r.at, fmt.Sprintf("section %s: %v", tag, err), "a DEFLATE stream")
	case len(out) > bound && bound < limit:
		return nil, damaged(r.at, "with section "+tag+" the sections are too large", fmt.Sprintf("at most %d bytes in all", MaxUnpacked))
	case len(out) > bound:
		return nil, damaged(r.at, "section "+tag+" is too large", fmt.Sprintf("at most %d bytes", limit))
	case in.Len() > 0:
		return nil, damaged(r.at, fmt.Sprintf("section %s: %d bytes behind its stream", tag, in.Len()), "the next section")
	}
	r.left -= len(out)
	return out, nil
}

func (r *reader) meta() (meta, error) {
	var m meta
	p, err := r.section("META")
	if err != nil {
		return m, err
	}
	if len(p) > maxMeta {
		return m, damaged(r.at, "META is too large", fmt.Sprintf("at most %d bytes", maxMeta))
	}
	d := json.NewDecoder(bytes.NewReader(p))
	d.DisallowUnknownFields()
	if err := d.Decode(&m); err != nil {
		return m, damaged(r.at, "META: "+err.Error(), "its JSON object")
	}
	switch {
	case d.InputOffset() != int64(len(p)):
		return m, damaged(r.at, "META goes on behind its object", "one JSON object")
	case m.Actors < 1 || m.Actors > sched.MaxActors:
		return m, damaged(r.at, fmt.Sprintf("META: %d actors", m.Actors), fmt.Sprintf("1 to %d", sched.MaxActors))
	case m.Steps > MaxSteps:
		return m, damaged(r.at, fmt.Sprintf("META: %d steps", m.Steps), fmt.Sprintf("at most %d", MaxSteps))
	case len(m.Files) > maxFiles:
		return m, damaged(r.at, fmt.Sprintf("META: %d files", len(m.Files)), fmt.Sprintf("at most %d", maxFiles))
	}
	return m, nil
}

func (r *reader) file(names Names) (*File, error) {
	m, err := r.meta()
	if err != nil {
		return nil, err
	}
	f := &File{Producer: m.Producer, Name: m.Name, Engine: m.Engine, Text: m.Text, Options: m.Options, Actors: m.Actors}
	if f.Scenario, err = r.packed("SCEN", MaxScenario); err != nil {
		return nil, err
	}
	if f.Files, err = r.files(m, f.Scenario, names); err != nil {
		return nil, err
	}
	runs, err := r.packed("RUNS", MaxUnpacked)
	if err != nil {
		return nil, err
	}
	if f.script, err = readScript(runs, f.Actors); err != nil {
		return nil, damaged(r.at, "RUNS: "+err.Error(), fmt.Sprintf("a script of %d steps", m.Steps))
	}
	if f.Steps() != m.Steps {
		return nil, damaged(r.at, fmt.Sprintf("RUNS: %d steps", f.Steps()), fmt.Sprintf("%d, as META says", m.Steps))
	}
	hashes, err := r.packed("HASH", maxHashBytes)
	if err != nil {
		return nil, err
	}
	if f.Hashes, err = decodeHashes(hashes); err == nil {
		err = f.checkHashes()
	}
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: byte %d: HASH: %w", ErrDamaged, r.at, err)
	case r.at != len(r.data):
		return nil, damaged(r.at, "another section", "END")
	}
	return f, nil
}

// files takes the files that the scenario names, none else. That is known
// before any of them is unpacked.
func (r *reader) files(m meta, scenario []byte, names Names) (map[string][]byte, error) {
	want, err := names(m.Name, scenario)
	if err != nil {
		return nil, err
	}
	for i, n := range m.Files {
		switch {
		case !slices.Contains(want, n):
			return nil, damaged(r.at, fmt.Sprintf("META: file %q", n), "only files that the scenario names")
		case slices.Contains(m.Files[:i], n):
			return nil, damaged(r.at, fmt.Sprintf("META: file %q twice", n), "each file once")
		}
	}
	var files map[string][]byte
	for _, n := range want {
		if !slices.Contains(m.Files, n) {
			return nil, damaged(r.at, fmt.Sprintf("no file %q", n), "each file that the scenario names")
		}
	}
	for _, n := range m.Files {
		if files == nil {
			files = map[string][]byte{}
		}
		if files[n], err = r.packed("FILE", MaxNamed); err != nil {
			return nil, fmt.Errorf("file %q: %w", n, err)
		}
	}
	return files, nil
}

// maxHashBytes is what 2*maxHashes pairs take at most.
const maxHashBytes = 2 * maxHashes * (binary.MaxVarintLen64 + 8)

func decodeHashes(data []byte) ([]Hash, error) {
	var list []Hash
	step := uint64(0)
	for len(data) > 0 {
		d, n := binary.Uvarint(data)
		if n <= 0 || len(data) < n+8 || d > MaxSteps {
			return nil, fmt.Errorf("pair %d is broken; expected a distance in steps and a hash", len(list)+1)
		}
		step += d
		list = append(list, Hash{step, binary.LittleEndian.Uint64(data[n:])})
		data = data[n+8:]
	}
	return list, nil
}
