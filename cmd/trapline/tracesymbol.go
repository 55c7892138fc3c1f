package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v3"

	"trapline/emu/linux"
	"trapline/emu/loader"
	"trapline/kprobes/uprobes/audit"
	"trapline/kprobes/uprobes/places"
)

// probedFiles are the ELF files in which probes are defined, each read once.
type probedFiles struct {
	dir     string // of relative paths
	root    string // the guest's "/" on the host, or ""
	program string // what runs, in the guest's tree
	env     []string
	read    map[string]*probedFile
}

type probedFile struct {
	image *loader.Image
	names *places.File
	audit *audit.Auditor // nil until it is asked for
}

func newProbedFiles(c *cli.Command, cfg *linux.Config) *probedFiles {
	return &probedFiles{
		dir: cfg.Dir, root: c.String("root"), program: programPath(*cfg), env: cfg.Env, read: map[string]*probedFile{},
	}
}

// file reads the ELF file at a guest path.
func (f *probedFiles) file(path string) (*probedFile, error) {
	if p := f.read[path]; p != nil {
		return p, nil
	}
	host := path
	if f.root != "" {
		host = filepath.Join(f.root, filepath.Clean("/"+path))
	}
	data, err := os.ReadFile(host)
	if err != nil {
		return nil, err
	}
	image, err := loader.ReadELF(data, loader.Options{Interpreter: true})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	p := &probedFile{image: image, names: places.NewFile(image, data)}
	f.read[path] = p
	return p, nil
}

// auditor judges the file's places. Reading its code takes a moment.
func (p *probedFile) auditor() *audit.Auditor {
	if p.audit == nil {
		p.audit = audit.New(p.names, p.names.Program())
	}
	return p.audit
}

// Absolute implements places.Files. A name without a slash that is no file of the
// working directory is a library's.
func (f *probedFiles) Absolute(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	full := filepath.Join(f.dir, path)
	if strings.Contains(path, "/") {
		return full
	}
	if _, err := os.Stat(filepath.Join(f.root, full)); err == nil {
		return full
	}
	if library := findLibrary(f.root, f.program, path, f.env); library != "" {
		return library
	}
	return full
}

// File implements places.Files.
func (f *probedFiles) File(path string) (*places.File, error) {
	file, err := f.file(path)
	if err != nil {
		return nil, err
	}
	return file.names, nil
}

// resolve makes the place of a definition what the kernel takes.
func (f *probedFiles) resolve(d *definition) ([]places.Line, error) {
	lines, err := places.Resolve(d.text, f)
	var at *places.Error
	if errors.As(err, &at) {
		return nil, d.flaw(at.At, "%v", at)
	}
	return lines, err
}

// judge is what comes of a probe at a place; false if the file cannot be read.
func (f *probedFiles) judge(path string, offset uint64) (audit.Place, bool) {
	file, err := f.file(path)
	if err != nil {
		return audit.Place{}, false
	}
	return file.auditor().Judge(offset), true
}
