package main

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"trapline/internal/printable"
)

// unseen are files and directories of the host that a program looked for and that were not shown to it, none twice.
type unseen []string

// maxNamed bounds what is told one by one.
const maxNamed = 4

func (u *unseen) addProgram(path string) {
	u.add(path, func(m fs.FileMode) bool { return m.IsRegular() && m&0o111 != 0 })
}

// addFile leaves out the directories that shells look for because the environment names them.
func (u *unseen) addFile(path string) {
	path = filepath.Clean(path)
	if !isMachines(path) && path != os.Getenv("OLDPWD") && path != os.Getenv("HOME") {
		u.add(path, func(m fs.FileMode) bool { return m.IsRegular() || m.IsDir() })
	}
}

func (u *unseen) add(path string, counts func(fs.FileMode) bool) {
	if len(*u) > maxNamed {
		return
	}
	info, err := os.Stat(path)
	if err != nil || !counts(info.Mode()) {
		return
	}
	same := func(other string) bool {
		o, err := os.Stat(other)
		return err == nil && os.SameFile(o, info)
	}
	if !slices.ContainsFunc(*u, same) {
		*u = append(*u, path)
	}
}

// without are those that are not among the others.
func (u unseen) without(others unseen) unseen {
	return slices.DeleteFunc(slices.Clone(u), func(path string) bool { return slices.Contains(others, path) })
}

// tell says what could not be done with them.
func (u unseen) tell(said io.Writer, done string) {
	for _, path := range u[:min(len(u), maxNamed)] {
		fmt.Fprintf(said, "trapline: %s could not be %s: it is not shown to the program; --allow %s shows it\n", printable.Name(path), done, printable.ShellWord(path))
	}
	if len(u) > maxNamed {
		fmt.Fprintf(said, "trapline: more could not be %s: --allow DIR shows all of a directory\n", done)
	}
}
