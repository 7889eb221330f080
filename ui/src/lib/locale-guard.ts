// Imported before anything reads the language: chart libraries hand `navigator.language` to `Intl` while they load.
import { guardNavigatorLanguage } from './locale';

if (typeof navigator !== 'undefined') guardNavigatorLanguage(navigator);
