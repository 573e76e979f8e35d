/** A database's URL as it may be shown, without its password. That a text is no URL is told by whoever connects. */
export const shownUrl = (url: string): string => {
  if (!URL.canParse(url)) return "the Postgres log"
  const shown = new URL(url)
  shown.password = ""
  shown.searchParams.delete("password")
  return shown.href
}
