package scenario

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/tools/txtar"

	"trapline/internal/emu"
	"trapline/internal/format"
	"trapline/internal/scenario/world"
	"trapline/scenarios/lessons"
	"trapline/scenarios/races"
	"trapline/scenarios/regress"
)

// Ext is the ending of a scenario file's name.
const Ext = ".txtar"

// library has the folders of the built-in scenarios, by name.
var library = []struct {
	group string
	files fs.FS
}{{"lessons", lessons.Files}, {"races", races.Files}, {"regress", regress.Files}}

// ErrNotFound is returned by Load for a name that is neither a built-in
// scenario nor a file.
var ErrNotFound = errors.New("no such scenario")

// File is a scenario with the place that it came from.
type File struct {
	*format.File
	// ReadFile reads a file that the scenario names, relative to its folder.
	ReadFile func(name string) ([]byte, error)
	// Processor runs the instructions of every machine of the scenario; it is
	// not of the file, and changes no outcome.
	Processor emu.Processor

	handlers   world.Handlers
	properties []Property
}

// BuiltIn is an entry of the library.
type BuiltIn struct {
	Name  string // by which it is run
	Group string // lessons, races, regress
	Title string // what it is about, in a line
}

// Library lists the built-in scenarios by group and name.
func Library() ([]BuiltIn, error) {
	var list []BuiltIn
	err := eachBuiltIn(func(group string, files fs.FS, name string) error {
		f, err := loadFS(files, name+Ext, path.Join(group, name+Ext))
		if err == nil {
			list = append(list, BuiltIn{name, group, f.Title()})
		}
		return err
	})
	return list, err
}

// eachBuiltIn visits the names of the built-in scenarios, by group and name.
func eachBuiltIn(see func(group string, files fs.FS, name string) error) error {
	for _, l := range library {
		names, _ := fs.Glob(l.files, "*"+Ext) // the pattern is well formed
		for _, name := range names {
			if err := see(l.group, l.files, strings.TrimSuffix(name, Ext)); err != nil {
				return err
			}
		}
	}
	return nil
}

// Names lists the names of the built-in scenarios.
func Names() []string {
	var names []string
	eachBuiltIn(func(_ string, _ fs.FS, name string) error { names = append(names, name); return nil })
	return names
}

// Load reads a scenario: a built-in one by its name, else a file by its path.
// What is wrong with it is a *format.Error.
func Load(nameOrPath string) (*File, error) {
	if !strings.ContainsRune(nameOrPath, filepath.Separator) && filepath.Ext(nameOrPath) != Ext {
		name := nameOrPath + Ext
		for _, l := range library {
			if _, err := fs.Stat(l.files, name); err == nil {
				return loadFS(l.files, name, path.Join(l.group, name))
			}
		}
	}
	return loadPath(nameOrPath)
}

func loadPath(name string) (*File, error) {
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%w: %s", ErrNotFound, name)
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, fmt.Errorf("%s is a folder; expected a scenario file", name)
	}
	data, err := ReadText(name, format.MaxFile)
	if err != nil {
		return nil, err
	}
	f, err := format.Parse(name, data)
	if err != nil {
		return nil, err
	}
	dir := filepath.Dir(name)
	return &File{File: f, ReadFile: func(n string) ([]byte, error) {
		if !filepath.IsAbs(n) {
			n = filepath.Join(dir, n)
		}
		return readBounded(n)
	}}, nil
}

// OpenInput opens a file for reading. It does not wait for a pipe's writer: a
// pipe that nobody writes to is empty.
func OpenInput(name string) (*os.File, error) {
	return os.OpenFile(name, os.O_RDONLY|nonblock, 0)
}

// ReadText reads a file of at most so many bytes, from a pipe too.
func ReadText(name string, most int) ([]byte, error) {
	in, err := OpenInput(name)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	data, err := io.ReadAll(io.LimitReader(in, int64(most)+1))
	if err == nil && len(data) > most {
		err = fmt.Errorf("%s has more than %d bytes; expected at most that", name, most)
	}
	return data, err
}

// readBounded reads a program's file.
func readBounded(name string) ([]byte, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > MaxProgram {
		return nil, fmt.Errorf("%s: expected a regular file of at most %d bytes", name, MaxProgram)
	}
	return os.ReadFile(name)
}

// MaxProgram bounds a program's ELF file, in bytes.
const MaxProgram = 64 << 20

// LoadFS reads a scenario file of a file system.
func LoadFS(fsys fs.FS, name string) (*File, error) { return loadFS(fsys, name, name) }

// loadFS is LoadFS with the name that the scenario gets.
func loadFS(fsys fs.FS, name, as string) (*File, error) {
	data, err := fs.ReadFile(fsys, name)
	if err != nil {
		return nil, err
	}
	f, err := format.Parse(as, data)
	if err != nil {
		return nil, err
	}
	return &File{File: f, ReadFile: func(n string) ([]byte, error) { return fs.ReadFile(fsys, path.Join(path.Dir(name), n)) }}, nil
}

// With is the scenario with other members: the text of each in change takes the
// place of the member of that name, or is added; nil takes the member out.
// Its flaws are *format.Error, with the places of the changed text.
func (f *File) With(change map[string][]byte) (*File, error) {
	a := txtar.Parse(f.Bytes())
	kept := a.Files[:0]
	for _, m := range a.Files {
		data, changed := change[m.Name]
		if changed && data == nil {
			continue
		}
		if changed {
			m.Data = data
		}
		kept = append(kept, m)
	}
	for _, name := range format.Members {
		if data := change[name]; data != nil && f.Member(name) == nil {
			kept = append(kept, txtar.File{Name: name, Data: data})
		}
	}
	a.Files = kept
	p, err := format.Parse(f.Name, txtar.Format(a))
	if err != nil {
		return nil, err
	}
	return &File{File: p, ReadFile: f.ReadFile, Processor: f.Processor, handlers: maps.Clone(f.handlers), properties: slices.Clone(f.properties)}, nil
}
