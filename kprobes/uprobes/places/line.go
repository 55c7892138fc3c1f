package places

import (
	"fmt"
	"strings"

	"trapline/emu/loader"
)

// Files are the ELF files in which probes are defined.
type Files interface {
	// Absolute makes a path of a definition one from the root on.
	Absolute(path string) string
	// Image reads the file at an absolute path.
	Image(path string) (*loader.Image, error)
}

// Line is a definition of uprobe_events with its place as the kernel takes it.
type Line struct {
	Text   string
	Remark string // what the user should know of the place, or ""
}

// Error is what is wrong with the place of a definition.
type Error struct {
	At  int // where the place is in the line, in bytes from 0
	Err error
}

func (e *Error) Error() string { return e.Err.Error() }

// Unwrap gives Err.
func (e *Error) Unwrap() error { return e.Err }

// Resolve makes the place of a definition what the kernel takes, PATH:0xOFFSET with an absolute path, of
// PATH:SYMBOL[+OFFSET]. A suffix as %return or (REFCTR) stays, and so does a line of which the kernel will say what is
// wrong. Errors are of type *Error.
func Resolve(line string, files Files) (Line, error) {
	words := strings.Fields(line)
	if len(words) < 2 || strings.HasPrefix(line, "-") {
		return Line{Text: line}, nil
	}
	path, place, ok := Split(words[1])
	if !ok {
		return Line{Text: line}, nil
	}
	first := strings.Index(line, words[0]) + len(words[0])
	at := first + strings.Index(line[first:], words[1]) + len(path) + 1
	path = files.Absolute(path)
	var remark string
	if place[0] < '0' || place[0] > '9' {
		end := strings.IndexAny(place, "%(")
		if end < 0 {
			end = len(place)
		}
		image, err := files.Image(path)
		if err != nil {
			return Line{}, &Error{at, err}
		}
		var offset uint64
		if offset, remark, err = SymbolOffset(image, path, place[:end]); err != nil {
			return Line{}, &Error{at, err}
		}
		place = fmt.Sprintf("%#x", offset) + place[end:]
	}
	words[1] = path + ":" + place
	return Line{strings.Join(words, " "), remark}, nil
}

// Split cuts PATH:PLACE at the last colon that is not one of C++'s double ones.
func Split(s string) (path, place string, ok bool) {
	for i := len(s) - 2; i > 0; i-- {
		if s[i] == ':' && s[i-1] != ':' && s[i+1] != ':' {
			return s[:i], s[i+1:], true
		}
	}
	return "", "", false
}
