package main

import (
	"context"
	"fmt"
	"io"

	"motcua/vision/models"
)

// modelsFetch brings the pinned model files into a folder.
func modelsFetch(ctx context.Context, c *console, args []string) exitCode {
	fs := c.flags("models fetch", "DIR")
	operands, err := c.parse(fs, args, 1, 1)
	if err != nil {
		return c.usageExit(err)
	}
	if err := models.Fetch(ctx, operands[0]); err != nil {
		return c.fail(err)
	}
	names := []string{}
	for _, m := range models.Pinned().Models {
		names = append(names, m.File)
	}
	out := struct {
		Dir   string   `json:"dir"`
		Files []string `json:"files"`
	}{operands[0], names}
	return c.report(exitGood, out, func(w io.Writer) { fmt.Fprintf(w, "%d model files in %s, hashes right\n", len(names), operands[0]) })
}
