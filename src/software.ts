/** What writes a log, by name and version; a test holds the version to `package.json`. */
export const software = "signalbox 0.1.0"
