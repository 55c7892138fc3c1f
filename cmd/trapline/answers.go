package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/urfave/cli/v3"

	"trapline/internal/printable"
	"trapline/internal/tui/quiz"
)

// readAnswers counts the questions of each lesson that a file of --results has.
func readAnswers(name string) (map[string]int, error) {
	if name == "" {
		return nil, nil
	}
	data, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	asked := map[string]map[int]bool{}
	lines := bufio.NewScanner(bytes.NewReader(data))
	for n := 1; lines.Scan(); n++ {
		var a quiz.Answered
		if err := json.Unmarshal(lines.Bytes(), &a); err != nil || a.Type != "answer" {
			return nil, fmt.Errorf("%s:%d: no line of --results; expected another file", printable.Name(name), n)
		}
		if asked[a.Lesson] == nil {
			asked[a.Lesson] = map[int]bool{}
		}
		asked[a.Lesson][a.Question] = true
	}
	done := map[string]int{}
	for lesson, questions := range asked {
		done[lesson] = len(questions)
	}
	return done, lines.Err()
}

// openResults opens the file of --results to add to; nil: there is none.
func openResults(c *cli.Command) (*os.File, error) {
	name := c.String("results")
	if name == "" && c.IsSet("results") {
		return nil, usagef(c, "--results with an empty name: expected the name of a file")
	}
	if name == "" {
		return nil, nil
	}
	return os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o666)
}

// keepAnswers adds lines to a results file, where there is one.
func keepAnswers(results *os.File, list []quiz.Answered) error {
	if results == nil {
		return nil
	}
	for i := range list {
		if _, err := results.WriteString(list[i].Line()); err != nil {
			return err
		}
	}
	return nil
}
